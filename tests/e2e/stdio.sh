# stdio on a socket reads and writes past the shim: where a rule may select that, it is told.
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"

cat > "$TMP/lines.c" << 'END'
/* lines WAY…: talk to ourselves over TCP, the near end by stdio */
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void print(int fd, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vdprintf(fd, format, arguments);
    va_end(arguments);
}

static void talk(const char *way, int near, int far)
{
    int ends[2], fd = near;
    char line[16];
    FILE *stream;

    if (strncmp(way, "pipe ", 5) == 0 && pipe(ends) == 0) {
        way += 5;
        fd = ends[*way == 'w' || *way == 'd'];
    }
    if (strcmp(way, "fclose") == 0)
        fclose(fdopen(fd, "r"));
    else if (strcmp(way, "freopen") == 0)
        freopen("/dev/null", "r", fdopen(fd, "r"));
    else if (strcmp(way, "dprintf") == 0)
        dprintf(fd, "%s\n", "hello");
    else if (strcmp(way, "vdprintf") == 0)
        print(fd, "%s\n", "hello");
    else if ((stream = fdopen(fd, way)) && *way == 'r' && fd == near)
        write(far, "hello\n", 6) == 6 && fgets(line, sizeof line, stream);
    else if (stream)
        fputs("hello\n", stream);
}

int main(int argc, char **argv)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof here;
    int listener = socket(AF_INET, SOCK_STREAM, 0), near = socket(AF_INET, SOCK_STREAM, 0), far;

    if (bind(listener, (void *)&here, sizeof here) || listen(listener, 1) ||
        getsockname(listener, (void *)&here, &length) || connect(near, (void *)&here, length) ||
        (far = accept(listener, NULL, NULL)) < 0)
        return 1;
    for (int i = 1; i < argc; i++)
        talk(argv[i], near, far);
    return 0;
}
END
"${CC:-cc}" -o "$TMP/lines" "$TMP/lines.c" && "${CC:-cc}" -O2 -D_FORTIFY_SOURCE=2 -o "$TMP/fortified" "$TMP/lines.c" ||
    exit 1

says() # RULE PROGRAM ARGUMENT…: what run says
{
    local rule=$1 program=$2
    shift 2
    "$SOCKFAULT" run -f "$rule, optional: true" -- "$TMP/$program" "$@" 2>&1
}

reads='call: recv, role: client, partial: 1'
sends='call: send, role: client, partial: 1'
streams="uses stdio on a socket (fdopen): no rule can reach what libc reads and writes there"
prints="uses stdio on a socket (dprintf): no rule can reach what libc writes there"

for mode in r r+ w+ a+; do
    check_eq "a stream of mode $mode, where reads are selected" "sockfault: lines $streams" "$(says "$reads" lines $mode)"
done
for mode in w a r+ w+; do
    check_eq "a stream of mode $mode, where sends are selected" "sockfault: lines $streams" "$(says "$sends" lines $mode)"
done
for way in dprintf vdprintf; do
    for program in lines fortified; do
        check_eq "$way of $program" "sockfault: $program $prints" "$(says "$sends" $program $way)"
    done
done
check_eq "both" "sockfault: lines $streams
sockfault: lines $prints" "$(says "$sends" lines w dprintf)"

closes='call: close, role: client, delay: 1ms'
for way in fclose freopen; do
    check_eq "$way" "sockfault: lines closes a socket by stdio (fclose): no rule on close acts there" \
        "$(says "$closes" lines $way)"
    check_eq "$way where other calls are selected" "" "$(says "$sends" lines $way)"
done
check_eq "fclose of standard output, inherited" "" "$("$SOCKFAULT" run --as it -f 'call: close, delay: 1ms, optional: true' -- \
    python3 -c 'import socket, subprocess; a, b = socket.socketpair(); subprocess.run(["ls", "/"], stdout=a)' 2>&1)"
check_eq "fclose of a pipe" "" "$(says 'call: close, delay: 1ms' lines 'pipe fclose')"

check_eq "not a stream in the other direction" "" "$(says "$reads" lines w a)"
check_eq "nor in that" "" "$(says "$sends" lines r)"
check_eq "not where other calls are selected" "" "$(says 'call: [connect, close], delay: 1ms' lines r+ dprintf)"
check_eq "not on another socket" "" "$(says 'call: [recv, send], peer: "*:1", partial: 1' lines r+ dprintf)"
check_eq "not on another connection" "" "$(says 'call: recv, role: client, connection: 2, partial: 1' lines r+)"
check_eq "not on a pipe" "" "$(says 'call: [recv, send], partial: 1' lines 'pipe r' 'pipe w' 'pipe dprintf')"

# A rule that could not act tells why, numbers tell what is not in them.
check_match "a rule that never fired" "made no recv call on a socket, but not all calls of lines were seen: it uses stdio" \
    "$("$SOCKFAULT" run -f "$reads" -- "$TMP/lines" r 2>&1)"
cat > "$TMP/numbers.yaml" << END
name: selected
programs: {a: "$TMP/lines r"}
faults: [{call: recv, program: a, partial: 1, optional: true}]
---
name: counted
programs: {a: "$TMP/lines r"}
expect: {a: {calls: {recv: 0, connect: 1, send: 1}, leaked_sockets: 3}}
---
name: of sockets alone
programs: {a: "$TMP/lines 'pipe r' 'pipe w' 'pipe dprintf'"}
expect: {a: {calls: {recv: 0, send: 0}}}
END
check_status "a scenario fails" 1 "$SOCKFAULT" test -j 1 --report json "$TMP/numbers.yaml"
check_eq "its reads have no number" "null 1 1 3" "$(python3 -c '
import json, sys
program = json.load(sys.stdin)["scenarios"][1]["programs"]["a"]
calls = program["calls"]
print(json.dumps(calls["recv"]), calls["connect"], calls["send"], program["leaked_sockets"])' <<< "$output")"
output=$("$SOCKFAULT" test -q -j 1 "$TMP/numbers.yaml" 2>&1)
check_match "it says how" "numbers.yaml:2: a uses stdio on a socket" "$output"
check_match "the number that is not known fails, and it alone" \
    "numbers.yaml:7: the recv calls of a were not all counted: it uses stdio on a socket, whose reads and writes nobody sees
1 passed" "$output"

# libstdc++ opens a stream and reads by itself.
cat > "$TMP/filebuf.cc" << 'END'
#include <ext/stdio_filebuf.h>
#include <iostream>
#include <sys/socket.h>
#include <unistd.h>

int main()
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || write(pair[1], "hello\n", 6) != 6)
        return 1;
    __gnu_cxx::stdio_filebuf<char> buffer(pair[0], std::ios::in);
    std::istream stream(&buffer);
    std::string line;
    std::getline(stream, line);
    std::cout << line << std::endl;
}
END
if command -v g++ > "$TMP/said" && g++ -o "$TMP/filebuf" "$TMP/filebuf.cc" 2>> "$TMP/said"; then
    check_eq "a stream of C++ is reached" "hello" "$("$SOCKFAULT" run -f 'call: recv, partial: 1' -- "$TMP/filebuf" 2>&1)"
else
    skip "a stream of C++ is reached" "no g++"
fi
finish
