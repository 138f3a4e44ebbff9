# Files that are made to hurt: each is read rightly or refused with a clear error, within
# little time and memory. hostile.py writes the files and says what is to come of each.
. "$(dirname "$0")/../lib.sh"

cd "$TMP" || exit 1
coproc python3 "$root/tests/scenario/hostile.py"
writer=$COPROC_PID
exec {next}>&"${COPROC[1]}" {wanted}<&"${COPROC[0]}"
seconds=20
memory_kib=524288
# The sanitizers reserve more address space than there is.
[[ $BUILD == *asan* || $BUILD == *tsan* ]] && memory_kib=unlimited

bounded() # COMMAND…
{
    (ulimit -v $memory_kib && exec timeout -k 1 $seconds "$@")
}

while IFS=$'\t' read -r name want pattern; do
    bounded "$SOCKFAULT" check "$name" > said 2>&1
    status=$?
    said=$(head -c 2000 said)
    if [ $status -ne "$want" ]; then
        fail "$name" "status: $status, expected $want" "output: $said"
    elif ! [[ $said =~ $pattern ]]; then
        fail "$name" "want a match of: $pattern" "got: $said"
    elif [ "$(wc -l < said)" -gt 201 ]; then
        fail "$name" "$(wc -l < said) lines are printed"
    else
        pass "$name"
    fi
    echo >&$next
done <&$wanted
wait $writer
check_eq "every file was written" 0 $?

# What is no file.
good() { printf 'name: n\nprograms: {p: "true"}\n'; }
mkfifo fifo
check_status "a FIFO that nobody writes to" 2 bounded "$SOCKFAULT" check fifo
check_eq "is said to be empty" "fifo: nothing came through this pipe" "$output"
slowly() { sleep 0.3; good; sleep 0.3; echo 'seed: 1'; }
slowly > fifo &
check_status "one that is written to, if slowly, is read to its end" 0 bounded "$SOCKFAULT" check fifo
wait
check_status "so is the output of a command" 0 bounded "$SOCKFAULT" check <(good)
check_status "and standard input" 0 bounded "$SOCKFAULT" check /dev/stdin < <(good)
check_status "a device without an end is too large" 2 bounded "$SOCKFAULT" check /dev/zero
check_eq "and it says so" "/dev/zero: the file is larger than 16 MiB" "$output"
check_status "/dev/null is empty" 2 bounded "$SOCKFAULT" check /dev/null
check_eq "as it says" "/dev/null: the file holds no scenario" "$output"
mkdir empty
check_status "an empty folder" 2 bounded "$SOCKFAULT" check empty
check_eq "holds nothing to check" "empty: no *.yaml or *.yml in this folder" "$output"
mkdir folder
good > folder/a.yaml
ln -s "$TMP" folder/back.yaml
ln -s nowhere folder/lost.yaml
mkfifo folder/fifo.yaml
check_status "what a folder has by the name of a scenario" 2 bounded "$SOCKFAULT" check folder
check_eq "has to be a file" "folder/a.yaml: ok
folder/fifo.yaml: this is no file
folder/lost.yaml: No such file or directory" "$(sort <<< "$output")"
check_status "a folder is no scenario for run" 125 bounded "$SOCKFAULT" run -s "$TMP/empty" -- true
check_match "and it is told so" "empty: Is a directory" "$output"
good > secret.yaml
chmod 0 secret.yaml
if [ -r secret.yaml ]; then
    as_nobody() { setpriv --reuid=65534 --clear-groups "$@"; }
    chmod 711 "$TMP"
else
    as_nobody() { "$@"; }
fi
if as_nobody test -x "$SOCKFAULT" 2> /dev/null; then
    check_status "a file that may not be read" 2 as_nobody "$SOCKFAULT" check "$TMP/secret.yaml"
    check_eq "is named" "$TMP/secret.yaml: Permission denied" "$output"
fi
check_status "a file that is not there" 2 "$SOCKFAULT" check nowhere.yaml
check_eq "is named" "nowhere.yaml: No such file or directory" "$output"
finish
