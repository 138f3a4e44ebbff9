# The CMake module: what sockfault_add_test makes of its arguments, by a project without a compiler. docs/ci.md has one with.
. "$(dirname "$0")/../lib.sh"

cd "$root" || exit 1
variant=${BUILD##*/}
export VARIANT=${variant%-clang} CC=gcc
[[ $variant == *-clang ]] && CC=clang
make --no-print-directory DESTDIR="$TMP/root" install > "$TMP/log" 2>&1 || fail "install" "$(< "$TMP/log")"
export CMAKE_PREFIX_PATH=$TMP/root/usr/local
cd "$TMP" || exit 1

cat > chance.yaml << 'END'
name: by chance
vars: {word: none}
matrix: {kind: [one, two]}
programs: {p: 'echo ${word} ${env.MOOD} $(pwd)'}
faults: [{call: recv, program: p, optional: true, partial: 1}]
expect: {p: {stdout: {not_contains: bad}}}
END
printf '%s\n' 'name: waits' 'programs: {p: "exec sleep 97"}' > waits.yaml
printf '%s\n' 'name: needs' 'requires: no-such-command' 'programs: {p: "true"}' > needs.yaml
printf '%s\n' 'name: runs' 'programs: {p: "true"}' '---' > runs.yaml && cat needs.yaml >> runs.yaml
printf '%s\n' 'name: wrong' 'programs: {p: 1' > wrong.yaml

configure() # TEXT: a project that says it
{
    rm -rf build
    printf '%s\n' 'cmake_minimum_required(VERSION 3.18)' 'project(p NONE)' 'enable_testing()' "$1" > CMakeLists.txt
    cmake -S . -B build 2>&1
}
with_package() { configure "find_package(sockfault 0.1 REQUIRED)"$'\n'"$1"; }
result() { ctest --test-dir build "$@" 2>&1; }

refuses() # WHAT REGEX TEXT
{
    local said
    if said=$(with_package "$3"); then
        fail "$1 is refused" "$said"
    else
        check_match "$1 is refused" "$2" "$(tr -s ' \n' ' ' <<< "$said")"
    fi
}
refuses "an argument that there is not" "unknown argument 'SCENE" 'sockfault_add_test(NAME a SCENE x SCENARIO needs.yaml)'
refuses "no scenario" "SCENARIO is missing" 'sockfault_add_test(NAME a)'
refuses "no name" "NAME is missing" 'sockfault_add_test(SCENARIO needs.yaml)'
refuses "a key without a value" "SEED wants a value" 'sockfault_add_test(NAME a SCENARIO needs.yaml SEED)'
refuses "a file that is not there" "there is no .*/none.yaml" 'sockfault_add_test(NAME a SCENARIO none.yaml)'
refuses "a program that is no target" "PROGRAMS names p, which is no target" \
    'sockfault_add_test(NAME a SCENARIO needs.yaml PROGRAMS p)'
check_match "another version is not taken" "compatible with requested version .0.2" "$(configure 'find_package(sockfault 0.2 REQUIRED)' | tr -s ' \n' ' ')"
check_match "nor a later one" "compatible with requested version" "$(configure 'find_package(sockfault 0.1.99 REQUIRED)' | tr -s ' \n' ' ')"
check_match "nor one of another series" "compatible with requested version" \
    "$(configure 'find_package(sockfault 0.0.9 REQUIRED)' | tr -s ' \n' ' ')"
check "this one is" configure 'find_package(sockfault 0.1.0 EXACT REQUIRED)'

mkdir here
check "a project" with_package '
sockfault_add_test(NAME all SCENARIO chance.yaml SEED 41 REPEAT 2 FILTER two SET word=good JOBS 3 LABELS net slow
    ENVIRONMENT MOOD=glad WORKING_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/here ARGS -v REPORT json=${CMAKE_BINARY_DIR}/all.json)
sockfault_add_test(NAME bad SCENARIO chance.yaml SET word=bad ENVIRONMENT MOOD=sad)
sockfault_add_test(NAME late SCENARIO waits.yaml TIMEOUT 1)
sockfault_add_test(NAME skipped SCENARIO needs.yaml)
sockfault_add_test(NAME partly SCENARIO runs.yaml)
sockfault_add_test(NAME needed SCENARIO needs.yaml NO_SKIP)
sockfault_add_test(NAME wrong SCENARIO wrong.yaml)'

check_match "it passes" "100% tests passed" "$(result -R '^all$')"
check_eq "with seeds, filter, variable, environment and folder" \
    "by chance [kind=two] (run 1) 41 good glad $TMP/here; by chance [kind=two] (run 2) 42 good glad $TMP/here" \
    "$(python3 -c 'import json
print("; ".join(f"{s['"'name'"']} {s['"'seed'"']} {s['"'programs'"']['"'p'"']['"'stdout'"'].strip()}"
                for s in json.load(open("build/all.json"))["scenarios"]))')"
check_match "and those of run -v" "seed 41" "$(result -R '^all$' -V)"
labels=$(result --print-labels | tr -s ' \n' ' ')
check_match "labels" " net slow sockfault" "$labels"
check_match "processors" 'PROCESSORS "3"' "$(cat build/CTestTestfile.cmake)"
check_match "what fails is red" "bad .*Failed" "$(result -R '^bad$')"
said=$(result -R '^bad$' --rerun-failed --output-on-failure)
check_match "with the line" "chance.yaml:6: stdout of p contains .*bad" "$said"
check_match "late is ended" "late .*Timeout" "$(result -R '^late$')"
left() { pgrep -f '^sleep 97$' > left; }
check "and leaves nobody" within 20 eval '! left'
check_match "without what it needs it is skipped" "skipped .*Skipped" "$(result -R '^skipped$')"
check_match "but not where some have run" "partly .*Passed" "$(result -R '^partly$')"
check_match "nor with NO_SKIP" "needed .*Failed" "$(result -R '^needed$')"
check_match "a scenario that is wrong is red" "wrong .*Failed" "$(result -R '^wrong$')"
finish
