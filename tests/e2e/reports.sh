# The reports for machines, read by those who are to read them: perl's TAP::Parser, a YAML parser, XML
# parsers held to Jenkins' schema. What programs write must not break any of them.
. "$(dirname "$0")/../lib.sh"

here=$root/tests/e2e
python=/usr/bin/python3 # Debian's, which has Debian's modules
[ -x $python ] || python=python3
cd "$TMP" || exit 1
mkdir sub
cat > all.yaml << 'END'
name: 'passes # TODO "a\b" <c> & d]]>, 100%: 1'
programs: {a: "printf 'out: ]]>&<\"\\r\\n'"}
---
name: fails
seed: 7
programs:
  client: |
    printf 'not ok 9\n  ...\n]]>\033[31m\001\377\303\r\n"\n::error::no\n##[error]no\n' | tee /dev/stderr
    exit 56
  other: [sh, -c, "printf '\\tlast: # words\\n' >&2; exit 1"]
---
name: skips
requires: no-such-command
programs: {a: "true"}
END
cat > words.yaml << 'END'
name: last words
programs: {a: "echo 'a: b'; printf 'ask: no answer\n: : giving up\n' >&2; exit 1"}
---
name: follows
programs: {a: "true"}
END
cat > sub/more.yaml << 'END'
name: hangs
timeout: 200ms
programs: {a: "sleep 1000"}
END
cat > wrong.yaml << 'END'
name: wrong
programs: {a: {run: "true", bogus: 1}}
nonsense: 2
END
export TAP_VERSION

run_test() # FORMAT ARGUMENT…: the report in the file `report`, what else is said in `said`
{
    local format=$1
    shift
    "$SOCKFAULT" test --report "$format" "$@" > report 2> said
}

# ---- TAP -------------------------------------------------------------------

harness() # FILE: what perl's parser makes of it
{
    perl -MTAP::Parser -e '
        my $parser = TAP::Parser->new({tap => join("", <>)});
        while (my $result = $parser->next) {
            print join("|", $result->is_actual_ok ? "ok" : "not ok", $result->number, $result->directive), "\n"
                if $result->is_test;
            print "yaml ", ($result->data->{line} // "-"), "\n" if $result->is_yaml;
            print "bail out ", $result->explanation, "\n" if $result->is_bailout;
        }
        print "error: $_\n" for $parser->parse_errors;
        print "skip all: ", $parser->skip_all, "\n" if $parser->skip_all;
        print "plan ", $parser->tests_planned // "none", ", good ", $parser->is_good_plan ? 1 : 0, "\n"' "$1"
}

TAP_VERSION=13
check_status "what failed is 1, whatever the report" 1 run_test tap all.yaml sub
cp report report.tap
check_eq "a harness reads each" 'ok|1|
not ok|2|
yaml 7
ok|3|SKIP
not ok|4|
yaml 2
plan 4, good 1' "$(harness report.tap)"
check_eq "with its YAML" 'ok 1 - passes \# TODO "a\\b" <c> & d]]>, 100%: 1
not ok 2 - fails {message severity file line seed duration_ms failures stderr}
ok 3 - skips # SKIP needs no-such-command
not ok 4 - hangs {message severity file line seed duration_ms failures}' \
    "$($python "$here/tap.py" report.tap severity=fail line=2 failures.0.what=timeout)"
run_test tap --filter last words.yaml
check "last words are told as they are" $python "$here/tap.py" report stderr.a.0='ask: no answer' stderr.a.1=': : giving up'
run_test tap=words.tap words.yaml
check_eq "of a report in a file nothing is said beside it" "" "$(cat report said)"
"$SOCKFAULT" run --report tap=- -f 'call: recv, partial: 1' -- true > report 2> said
check_eq "run: a remark is told once" "sockfault: rule 1 (partial: 1) never fired: true made no recv call on a socket" \
    "$(cat said)"
run_test tap --filter fails all.yaml
check "whatever stands in it" $python "$here/tap.py" report seed=7 failures.0.what=client.exit failures.0.want=0 \
    failures.0.got=56 failures.0.line=7 failures.0.file=all.yaml failures.1.what=other.exit \
    stderr.client.0='  ...' stderr.client.1=']]>\x1b[31m\x01\xff\xc3\r' stderr.client.4='##[error]no'
check_status "prove reads it from a file" 1 prove -e cat report.tap
check_match "as what it is" 'Failed tests:  2, 4' "$output"
printf '#!/bin/sh\nexec "%s" test --report tap "$1"\n' "$SOCKFAULT" > each
chmod +x each
check_status "prove runs scenarios" 1 prove -e ./each all.yaml
check_match "and counts them" 'Failed test:  2' "$output"
check_match "what is wrong stands beside it, as comments" \
    $'(^|\n)# FAIL fails \\([^\n]*\n# all.yaml:7: client exited with 56, expected 0: ##\\[error\\]no\n# all.yaml:10: other exited' "$output"
check_status "prove runs what fails with last words like a mapping" 1 prove -e ./each words.yaml
check_match "and reads them" 'Failed test:  1' "$output"
check_eq "and all that follows" "" "$(grep -i 'parse error' <<< "$output")"
check_status "prove takes a version that it knows" 0 env -u TAP_VERSION prove -e ./each <(printf 'name: a\nprograms: {a: "true"}\n')
TAP_VERSION=
run_test tap all.yaml
check_eq "otherwise it is TAP 14" "TAP version 14" "$(head -n 1 report)"
TAP_VERSION=13

check_status "an invalid scenario is 2" 2 run_test tap wrong.yaml nonexistent.yaml
check_eq "and not ok, as a path that is not there" 'not ok 1 - nonexistent.yaml {message severity file failures}
not ok 2 - wrong.yaml {message severity file line failures}' \
    "$($python "$here/tap.py" report severity=error failures.0.line=2 failures.1.line=3 failures.1.what=invalid)"
check_status "that no scenario is chosen is 2" 2 run_test tap --filter nothing all.yaml
check_eq "and ends the harness" "bail out the name of no scenario matches 'nothing'" "$(harness report | head -n 1)"
check_status "so does a failure of our own" 125 run_test tap --save /nonexistent/x all.yaml
check_match "which is said in it" '^bail out --save: cannot write to /nonexistent/x: ' "$(harness report)"

# ---- JUnit -----------------------------------------------------------------

check_status "JUnit: what failed is 1" 1 run_test junit all.yaml sub
check_eq "each is a case of the schema" 'all.passes # TODO "a\b" <c> & d]]>, 100%: 1 passed
all.fails failure
all.skips skipped
sub.more.hangs failure' "$($python "$here/junit.py" report)"
query() # XPATH EXPRESSION, of the element
{
    $python -c '
import sys, xml.etree.ElementTree as E
element = E.parse("report").getroot().find(sys.argv[1])
print(repr(eval(sys.argv[2])))' "$@"
}
case="testsuite/testcase[@name='fails']"
check_eq "places are GitLab's" "('all.yaml', '4')" "$(query "$case" 'element.get("file"), element.get("line")')"
check_eq "what programs wrote is there" "'==> client <==\\nnot ok 9\\n  ...\\n]]>\\\\x1b[31m\\\\x01\\\\xff\\\\xc3\\r\\n\"\\n::error::no\\n##[error]no\\n==> other <==\\n\\tlast: # words\\n'" \
    "$(query "$case/system-err" element.text)"
check_eq "what passed has its own" "'==> a <==\\nout: ]]>&<\"\\r\\n'" "$(query testsuite/testcase/system-out element.text)"
check_eq "a failure has type and message" \
    "('client.exit', 'client exited with 56, expected 0: ##[error]no (and 1 more)')" \
    "$(query "$case/failure" 'element.get("type"), element.get("message")')"
check_match "and all that is wrong" 'all.yaml:10: other exited with 1.*last: # words.*seed 7' \
    "$(query "$case/failure" element.text)"
check_eq "a time-out is a failure" "'timed out after 200ms: a was still running; it sleeps'" \
    "$(query "testsuite/testcase[@name='hangs']/failure" 'element.get("message")')"
check_eq "a skipped one says why" "'needs no-such-command'" \
    "$(query "testsuite/testcase[@name='skips']/skipped" 'element.get("message")')"
check_eq "seeds are properties" "'7'" "$(query "testsuite/properties/property[@name='seed of fails']" 'element.get("value")')"
check_eq "another parser reads it" "4 2 0 [('all.yaml', 3, 1, 0, 1), ('sub/more.yaml', 1, 1, 0, 0)]" "$($python -c '
import junitparser
xml = junitparser.JUnitXml.fromfile("report")
print(xml.tests, xml.failures, xml.errors, [(s.name, s.tests, s.failures, s.errors, s.skipped) for s in xml])')"
check_status "JUnit: an invalid scenario is 2" 2 run_test junit wrong.yaml
check_eq "and an error" "wrong.wrong.yaml error" "$($python "$here/junit.py" report)"
check_status "JUnit: that nothing is chosen is 2" 2 run_test junit --filter nothing all.yaml
check_eq "and an error, too" "sockfault.sockfault error" "$($python "$here/junit.py" report)"

# ---- GitHub ----------------------------------------------------------------

check_status "GitHub: what failed is 1" 1 env -u GITHUB_WORKSPACE "$SOCKFAULT" test --report github=report all.yaml sub
check_eq "failures are errors, skips notices" \
    '::error file=all.yaml,line=7,title=fails::client exited with 56, expected 0: ##[error]no
::error file=all.yaml,line=10,title=fails::other exited with 1, expected 0: \x09last: # words
::notice file=all.yaml,line=12,title=skips::skipped: needs no-such-command
::error file=sub/more.yaml,line=2,title=hangs::timed out after 200ms: a was still running; it sleeps' \
    "$(grep -E '^::(error|notice|warning)' report )"
check_eq "what is known of a failure is folded" 2 "$(grep -c '^::group::FAIL' report)"
check_eq "up to its end" 2 "$(grep -cx '::endgroup::' report)"
check_match "the summary is the last line" '^1 passed, 2 failed, 1 skipped in ' "$(tail -n 1 report)"
check_eq "no output of a program is a command" "" "$(grep -v '^::error ' report | grep -e '##\[' -e '^::error::')"
(cd sub && GITHUB_WORKSPACE=$TMP "$SOCKFAULT" test --report github=../report more.yaml)
check "files are named from the workspace" grep -q '^::error file=sub/more.yaml,line=2,' report
check_status "GitHub: an invalid scenario is 2" 2 run_test github wrong.yaml
check_eq "and an error for each of its errors" 2 "$(grep -c '^::error file=wrong.yaml,line=[23],title=wrong.yaml::' report)"

# ---- several, and of `run` -------------------------------------------------

odd=$'a\n::error::no\033[31m.yaml'
cp wrong.yaml "$odd"
run_test github "$odd"
check_eq "GitHub: a file's name makes no command of its own" 2 "$(grep -c '^::error' report)"
check "and its heading is one line" grep -qxF '::group::INVALID a\n::error::no\x1b[31m.yaml' report
run_test pretty "$odd"
check_eq "nor lines and colours of its own for people" 2 "$(grep -cF 'a\n::error::no\x1b[31m.yaml:' said)"
printf 'name: right\nprograms: {a: "true"}\n' > "$odd"
check_eq "nor in what check says of it" 'a\n::error::no\x1b[31m.yaml: ok' "$("$SOCKFAULT" check "$odd")"
rm "$odd"

check_status "several reports in one run" 1 run_test tap=tap --report junit=xml --report github --report json=json all.yaml
check "TAP" $python "$here/tap.py" tap
check "JUnit" $python "$here/junit.py" xml
check "JSON" $python -m json.tool json
check_eq "GitHub on stdout" 1 "$(grep -c '^::group::FAIL fails' report)"

run() # FORMAT ARGUMENT…: `run`, its report on stderr
{
    local format=$1
    shift
    "$SOCKFAULT" run --report "$format" "$@" > said 2> report
}
check_status "run: the status is the program's" 3 run tap -- sh -c 'echo out; exit 3'
check_eq "its output is its own" out "$(cat said)"
check_eq "the report is one scenario, of which nothing is expected" "ok 1 - sh" "$($python "$here/tap.py" report)"
run tap -f 'call: recv, partial: 1' -- true
check "a rule that never fired is not ok, and nothing else is said" \
    $python "$here/tap.py" report failures.0.what=faults.rule-1 file=--fault
run junit=xml -f 'call: recv, partial: 1' -- true
check_eq "run: JUnit" "run.true failure" "$($python "$here/junit.py" xml)"
run github -f 'call: recv, partial: 1' -- true
check_match "run: GitHub, without a file" '::error title=true::rule 1 \(partial: 1\) never fired' "$(cat report)"
check_status "run: a wrong rule" 125 run tap=tap -f 'call: recv, partial: 0' -- true
check_match "ends the harness" '^bail out --fault:1:22: partial must be ' "$(harness tap)"
check_status "run: a program that is not there" 127 run junit=xml -- ./nonexistent
check_eq "is a failure" "run.nonexistent failure" "$($python "$here/junit.py" xml)"
check_status "run: a failure of our own" 125 run junit=xml --save /nonexistent/x -- true
check_eq "is an error" "sockfault.sockfault error" "$($python "$here/junit.py" xml)"

# ---- what is not all -------------------------------------------------------

cat > long.yaml << 'END'
name: short
programs: {a: "true"}
---
name: long
programs: {a: "touch started; sleep 1000"}
END
background "$SOCKFAULT" test -j 1 --report tap=tap --report junit=report --report github=github --report json=json long.yaml 2> said
check "a long scenario starts" within 60 test -e started
kill "$background_pid"
wait "$background_pid"
check_eq "an interrupted harness knows" "ok|1|
bail out interrupted" "$(harness tap | head -n 2)"
check_eq "JUnit is not green" "long.short passed
sockfault.sockfault error" "$($python "$here/junit.py" report)"
check "GitHub says so" grep -qx '::error title=sockfault::interrupted' github
check_eq "JSON too" interrupted "$($python -c 'import json; print(json.load(open("json"))["failure"])')"
finish
