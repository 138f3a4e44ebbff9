#!/bin/bash
# Tab completion: what is offered, and that bash, zsh and fish hand it on.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
mkdir bin scenes
ln -s "$SOCKFAULT" bin/sockfault
touch notes.txt tool.py scenes/a.yaml one.yaml 'two words.yml'
export PATH=$TMP/bin:$PATH HOME=$TMP
words() { "$SOCKFAULT" completion words "$@" | cut -f 1 | tr '\n' ' '; }

check_eq "commands" "trace test " "$(for word in tr te; do words "$word"; done | tr -d '\n')"
for command in run test trace check compile list completion help; do
    check_match "the command $command" "(^| )$command " "$(words '') "
done
check_eq "options" "--report --repeat " "$(words test --rep)"
check_eq "not those of others" "" "$(words trace --repeat)"
check_eq "formats" "junit json " "$(words run --report j)"
check_eq "behind =" "--report=html " "$(words test --report=h)"
check_eq "bundled scenarios, and files" "one-byte *scenarios " "$(words run -s one-b)"
check_eq "the file of a report" "*files html= " "$("$SOCKFAULT" completion words test --report html=/tmp/x | tr '\t\n' '  ')"
check_eq "behind two =" "*files --report=html= " "$("$SOCKFAULT" completion words test --report=html=/tmp/x | tr '\t\n' '  ')"
check_eq "keys of a rule" "call: connection: corrupt: chunk: close: " "$(words run -f c)"
check_eq "in a rule that is begun" "call: recv, interrupt: " "$(words run -f 'call: recv, int')"
check_eq "calls" "call: connect " "$(words run -f 'call: conn')"
check_eq "errors" "call: recv, error: ECONNRESET call: recv, error: ECONNREFUSED " "$(words run -f "'call: recv, error: ECONNRE")"
check_eq "directions" "link: both " "$(words run -f 'link: b')"
check_eq "with the space that YAML wants" "call: connect " "$(words run -f 'call:conn')"
check_eq "calls of a list" "call: [recv, sendto " "$(words run -f 'call: [recv, sendt')"
check_eq "triggers" "call: recv, when: {nth: " "$(words run -f 'call: recv, when: {n')"
check_eq "states" "call: recv, when: {nth: 1, state: CLOSE_WAIT call: recv, when: {nth: 1, state: CLOSING " \
    "$(words run -f 'call: recv, when: {nth: 1, state: CLOS' | sed 's/call: recv, when: {nth: 1, state: CLOSED //')"
check_eq "behind them" "call: recv, when: {nth: 1}, optional: " "$(words run -f 'call: recv, when: {nth: 1}, opt')"
check_eq "nothing where a comma has to come" "" "$(words run -f 'call: recv, when: {nth: 1} ')"
check_eq "of a varying delay" "link: in, delay: {mean: 5ms, jitter: " "$(words run -f 'link: in, delay: {mean: 5ms, j')"
check_eq "nothing within quotes" "" "$(words run -f 'call: recv, peer: "t')"
check_eq "behind them, too" "call: recv, peer: \"*:443, x\", optional: " "$(words run -f 'call: recv, peer: "*:443, x", opt')"
check_eq "calls to trace" "connect " "$(words trace --call connec)"
check_eq "further ones" "recv,sendto " "$(words trace --call recv,sendt)"
check_eq "lists" "schema scenarios " "$(for word in sch sce; do words list "$word"; done | tr -d '\n')"
check_eq "programs" "*commands " "$(words run '')"
check_eq "programs behind options" "*commands " "$(words run -v --seed 7 -- '')"
check_eq "what a program takes is its own" "*files " "$(words run -v curl --rep)"
for command in test check compile explore; do
    check_eq "scenarios to $command" "*scenarios " "$(words $command scen)"
done
check_eq "programs to explore" "*commands " "$(words explore --timeout 3s -- '')"
check_eq "and what they take" "*files " "$(words explore -- curl '')"
check_eq "nothing of a command that there is not" "" "$(words rnu --re)"
check_status "a shell that is not known" 2 "$SOCKFAULT" completion tcsh
check_match "is told of those that are" "bash, zsh or fish" "$output"

# WORD…: what bash makes of Tab behind them; those that it takes apart are given apart.
bash_offers()
{
    bash --norc -c '
        compopt() { :; }
        source <(sockfault completion bash)
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        for word; do
            [[ -z $COMP_LINE || $word == [=:] || $COMP_LINE == *[=:] ]] || COMP_LINE+=" "
            COMP_LINE+=$word
        done
        COMP_POINT=${#COMP_LINE}
        _sockfault
        printf "%s " "${COMPREPLY[@]}"' bash "$@"
}
check_eq "bash: options" "--report --repeat " "$(bash_offers sockfault test --rep)"
check_eq "bash: what stands behind =, which it takes for a word" "html " "$(bash_offers sockfault test --report = h)"
check_eq "bash: right behind it" 6 "$(bash_offers sockfault test --report = | wc -w)"
check_eq "bash: files" "notes.txt " "$(bash_offers sockfault run cat no)"
check_eq "bash: the file of a report" "$TMP/notes.txt " "$(bash_offers sockfault test --report html = "$TMP/no")"
check_eq "bash: behind two =" "notes.txt " "$(bash_offers sockfault test --report = html = no)"
check_eq "bash: scenarios" "one.yaml " "$(bash_offers sockfault test o)"
check_eq "bash: folders of scenarios" "scenes " "$(bash_offers sockfault test sc)"
check_eq "bash: nothing else" " " "$(bash_offers sockfault test no)"
check_eq "bash: a rule that it takes apart" "\\ connect " "$(bash_offers sockfault run -f call : connec)"
check_eq "bash: a rule in quotes, which stay open" "call: recv, partial: call: recv, partial:  " \
    "$(bash_offers sockfault run -f "'call: recv, partia")"
check_match "bash: programs" "sockfault " "$(bash_offers sockfault run sockf)"

fish_offers() { fish --no-config -c 'sockfault completion fish | source; complete -C $argv[1]' "$1" | cut -f 1 | tr '\n' ' '; }
check_eq "fish: options" "--repeat --report " "$(fish_offers 'sockfault test --rep')"
check_eq "fish: behind =" "--report=html " "$(fish_offers 'sockfault test --report=h')"
check_eq "fish: files" "notes.txt " "$(fish_offers 'sockfault run cat no')"
check_eq "fish: the file of a report" "html=notes.txt " "$(fish_offers 'sockfault test --report html=no')"
check_eq "fish: scenarios and folders" "bin/ one.yaml scenes/ two words.yml " "$(fish_offers 'sockfault test ')"
check_eq "fish: a rule" "call: connect " "$(fish_offers 'sockfault run -f call:connec')"
check_match "fish: a description" "run one program" "$(fish --no-config -c 'sockfault completion fish | source; complete -C "sockfault ru"')"

# On a terminal; ^A and printf show what the line has become, word by word.
press() { python3 "$root/tests/e2e/press.py" "$1" "source <(sockfault completion $1)" "${@:2}"; }
show=$'\x01printf "<%s>" '
check_eq "zsh: an option" yes "$(press zsh 'sockfault test --rep' --repeat)"
check_eq "zsh: the only one" yes "$(press zsh 'sockfault test --no-s' --no-skip)"
for shell in bash zsh; do
    check_eq "$shell: a file" yes "$(press $shell $'sockfault run cat no\t'"$show"$'\n' '<cat><notes.txt>')"
    check_eq "$shell: a scenario" yes "$(press $shell $'sockfault test two\t'"$show"$'\n' '<test><two words.yml>')"
    check_eq "$shell: the file of a report" yes \
        "$(press $shell $'sockfault test --report html=no\t'"$show"$'\n' '<--report><html=notes.txt>')"
    check_eq "$shell: a rule, without quotes" yes \
        "$(press $shell $'sockfault run -f call:connec\t'"$show"$'\n' '<-f><call: connect>')"
    check_eq "$shell: a rule in quotes" yes \
        "$(press $shell $'sockfault run -f \'call: recv, when: {nt\t 3}\''"$show"$'\n' '<-f><call: recv, when: {nth: 3}>')"
done
for typed in 'link:both,delay:{me' 'call:\ recv,\ when:\ {n'; do
    check_eq "zsh: a brace without quotes stays as it is: $typed" yes \
        "$(press zsh $'sockfault run -f '"$typed"$'\t'"$show"$'\n' "<-f><${typed//\\}>")"
done
check_eq "zsh: closed ones are no matter" yes "$(press zsh \
    $'sockfault run -f call:recv,when:{nth:3},opt\t'"$show"$'\n' '<-f><call:recv,when:{nth:3},optional:>')"
check_eq "bash: a rule goes on" yes "$(press bash \
    $'sockfault run -f call:connec\t,\\ interr\t\\ true'"$show"$'\n' '<-f><call: connect, interrupt: true>')"
finish
