# Follow a document: each example shows what the tool really prints.
#
# A document is followed from top to bottom in a fresh folder, as a reader would. The
# folder holds the C sources that lie beside the document, and scenarios/examples as the
# source's top folder does; $LIB is libsockfault.so:
#
#   <!-- file: NAME -->     the code block behind this line is written to NAME
#   ```console              each line that begins with `$ ` is run by bash, the lines
#                           below it are its standard output and error; a `\` at its
#                           end continues it; `$?` is the status of the one before
#   $ COMMAND &             is started in the background; its output is not looked at
#
# Other blocks are for reading only. What varies is the same on both sides:
#
#   8080                    a port that is free: the test takes another, in commands,
#                           files and output
#   (1.1s), in 1.1s,        times where sockfault prints how long something took
#   after 1.1s, t=0.0012,   and in reports and traces
#   0.001234 <1.1us>
#   127.0.0.1:40000         ports in lines of a trace that the kernel gave out
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"

mkdir "$TMP/bin" && ln -s "$SOCKFAULT" "$TMP/bin/sockfault" || exit 1
PATH=$TMP/bin:$PATH
export LC_ALL=C.UTF-8
export no_proxy=127.0.0.1
export LIB=$SOCKFAULT_SHIM
unset CDPATH

mask_times()
{
    local time='[0-9.]+(ns|us|ms|s|m)([0-9]+s)?'
    sed -E "s/^((::group::|# )?(PASS|FAIL) .*) \($time\)\$/\1 (TIME)/
            s/^([0-9]+ passed, .*) in $time\$/\1 in TIME/
            s/^(    program .*) after $time/\1 after TIME/
            s/^ +[0-9]+\.[0-9]{6} /  TIME /
            s/ <$time>/ <TIME>/
            s/(^  (TIME )?[a-z].*127\.0\.0\.1:)[3-6][0-9]{4}/\1PORT/
            s/^    t=[0-9]+\.[0-9]+ /    t=TIME /
            s/^  duration_ms: [0-9.]+\$/  duration_ms: TIME/
            s/^( *<test.*) time=\"[0-9.]+\"/\1 time=\"TIME\"/"
}

# Run what stands in $command and compare; $status is that of the command before.
run_command()
{
    [ -n "$command" ] || return 0
    if [[ $command == *' &' ]]; then
        background bash -c "exec ${command% &}"
        [[ $command != *$port* ]] || wait_for_port "$port" 20 || fail "$place: $command"
        command=
        return 0
    fi
    bash -c '(exit "$0"); eval "$1"' "$status" "$command" < /dev/null > "$TMP/output" 2>&1
    status=$?
    mask_times < "$TMP/expected" > "$TMP/want"
    mask_times < "$TMP/output" > "$TMP/got"
    command=${command%%$'\n'*}
    check_same "$place: ${command//$port/8080}" "$TMP/want" "$TMP/got"
    commands=$((commands + 1))
    command=
}

follow() # DOCUMENT, below the root
{
    local line place='' number=0 block='' name='' file='' command='' status=0
    commands=0
    mkdir "$TMP/${1##*/}" && cd "$TMP/${1##*/}" || exit 1
    find "$root/$(dirname "$1")" -maxdepth 1 -name '*.c' -exec cp {} . \;
    mkdir scenarios && ln -s "$root/scenarios/examples" scenarios/examples
    while IFS= read -r line; do
        number=$((number + 1))
        line=${line//8080/$port}
        if [ -z "$block" ]; then
            case $line in
                '<!-- file: '*' -->')
                    file=${line#'<!-- file: '}
                    file=${file%' -->'}
                    continue
                    ;;
                '```console') block=console ;;
                '```'*) block=code ;;
            esac
            if [ "$block" = code ] && [ -n "$file" ]; then
                [[ $file != */* ]] || mkdir -p "${file%/*}"
                name=$file
                : > "$name"
            elif [ -n "$file" ]; then
                fail "$1:$number: a code block follows the name of a file"
            fi
            file=
        elif [ "$line" = '```' ]; then
            run_command
            block='' name=''
        elif [ -n "$name" ]; then
            printf '%s\n' "$line" >> "$name"
        elif [ $block = console ] && [[ $command == *\\ ]]; then
            command+=$'\n'$line
        elif [ $block = console ] && [[ $line == '$ '* ]]; then
            run_command
            place=$1:$number
            command=${line#'$ '}
            : > "$TMP/expected"
        elif [ $block = console ]; then
            printf '%s\n' "$line" >> "$TMP/expected"
        fi
    done < "$root/$1"
    check_eq "$1: every block is closed" "" "$block"
    for pid in ${background_pids[@]+"${background_pids[@]}"}; do
        end "$pid"
    done
}

port=$(free_port) || { fail "a free port"; finish; }
