#!/bin/bash
# Tab completion: what is offered, and that bash, zsh and fish hand it on.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
mkdir bin scenes
ln -s "$SOCKFAULT" bin/sockfault
touch notes.txt
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
check_eq "bundled scenarios, and files" "one-byte *files " "$(words run -s one-b)"
check_eq "keys of a rule" "call: connection: corrupt: chunk: close: " "$(words run -f c)"
check_eq "in a rule that is begun" "call: recv, interrupt: " "$(words run -f 'call: recv, int')"
check_eq "calls" "call: connect " "$(words run -f 'call: conn')"
check_eq "errors" "call: recv, error: ECONNRESET call: recv, error: ECONNREFUSED " "$(words run -f "'call: recv, error: ECONNRE")"
check_eq "directions" "link: both " "$(words run -f 'link: b')"
check_eq "calls to trace" "connect " "$(words trace --call connec)"
check_eq "lists" "schema scenarios " "$(for word in sch sce; do words list "$word"; done | tr -d '\n')"
check_eq "programs" "*commands " "$(words run '')"
check_eq "programs behind options" "*commands " "$(words run -v --seed 7 -- '')"
check_eq "what a program takes is its own" "*files " "$(words run -v curl --rep)"
check_eq "scenarios" "*files " "$(words test scen)"
check_eq "nothing of a command that there is not" "" "$(words rnu --re)"
check_status "a shell that is not known" 2 "$SOCKFAULT" completion tcsh
check_match "is told of those that are" "bash, zsh or fish" "$output"

# WORD…: what bash makes of Tab behind them.
bash_offers()
{
    bash --norc -c '
        compopt() { :; }
        source <(sockfault completion bash)
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
        _sockfault
        printf "%s " "${COMPREPLY[@]}"' bash "$@"
}
check_eq "bash: options" "--report --repeat " "$(bash_offers sockfault test --rep)"
check_eq "bash: what stands behind =, which it takes for a word" "html " "$(bash_offers sockfault test --report = h)"
check_eq "bash: right behind it" 6 "$(bash_offers sockfault test --report = | wc -w)"
check_eq "bash: files" "notes.txt " "$(bash_offers sockfault test no)"
check_eq "bash: a rule in quotes" "call: recv, partial: " "$(bash_offers sockfault run -f "'call: recv, partia")"
check_match "bash: programs" "sockfault " "$(bash_offers sockfault run sockf)"

fish_offers() { fish --no-config -c 'sockfault completion fish | source; complete -C $argv[1]' "$1" | cut -f 1 | tr '\n' ' '; }
check_eq "fish: options" "--repeat --report " "$(fish_offers 'sockfault test --rep')"
check_eq "fish: behind =" "--report=html " "$(fish_offers 'sockfault test --report=h')"
check_eq "fish: files" "notes.txt " "$(fish_offers 'sockfault test no')"
check_match "fish: a description" "run one program" "$(fish --no-config -c 'sockfault completion fish | source; complete -C "sockfault ru"')"

press() { python3 "$root/tests/e2e/press.py" "source <(sockfault completion zsh)" "$@"; }
check_eq "zsh: an option" yes "$(press 'sockfault test --rep' --repeat)"
check_eq "zsh: the only one" yes "$(press 'sockfault test --no-s' --no-skip)"
check_eq "zsh: a file" yes "$(press 'sockfault test no' tes.txt)"
finish
