#!/bin/bash
# What a traced process tells of its calls, record by record (shim/abi/trace.h). See tracer.c for the
# form of a line; ports are all P here.
. "$(dirname "$0")/../lib.sh"
tracer=$BUILD/tests/shim/tracer
player=$BUILD/tests/shim/player
told=$BUILD/tests/shim/told

# Any call waits a millisecond on a busy machine: that is told of lines alone that hold this.
waits='^$'

trace() # ARG… of tracer: what it printed is left in $TMP/lines
{
    timeout 20 "$tracer" -o "$TMP/trace" "$@" > "$TMP/said" 2>&1
    sed -E -i -e "/$waits/! s/^((fcntl|ioctl|poll|epoll_wait).*) waited/\\1/" -e "/$waits/! s/ waited( nonblocking)?( bounded)?//" "$TMP/trace"
    sed -E 's/(127\.0\.0\.1|0\.0\.0\.0|\[::1\]):[1-9][0-9]*/\1:P/g; s/0\.0\.0\.0:P/*:P/' "$TMP/trace" > "$TMP/lines"
}

tells() # NAME, and on stdin the lines
{
    cat > "$TMP/want"
    check_same "$1" "$TMP/want" "$TMP/lines"
}

trace -d 10 "$player" 'stream a b; send b hello; recv a 3; peek a 9; recv a 9; shutdown a; recv b 1; nonblock a;
    recv a 1; option a; close b; recv a 2; send a x; close a; refused c'
tells "a TCP connection, from its sockets to their end" << 'END'
socket #1 domain 1 type 1 role 0 - > -
socket(-1#1, 0, 0x20001) = 3
socket #1 domain 1 type 1 role 0 127.0.0.1:P > -
bind(3#1, 0, 0) = 0 to 127.0.0.1:0
socket #1 domain 1 type 1 role 2 127.0.0.1:P > -
listen(3#1, 0, 0x8) = 0 state 10
socket #2 domain 1 type 1 role 0 - > -
socket(-1#2, 0, 0x20001) = 4
socket #2 domain 1 type 1 role 1 127.0.0.1:P > 127.0.0.1:P
connect(4#2, 0, 0) = 0 state 1 to 127.0.0.1:P
socket #3 domain 1 type 1 role 2 127.0.0.1:P > 127.0.0.1:P
accept(3#1, 0, 0x3) = 5 state 1 to 127.0.0.1:P
send(5#3, 5, 0x4000) = 5 'hello'
recv(4#2, 3, 0) = 3 'hel'
recv(4#2, 9, 0x2) = 2 'lo'
recv(4#2, 9, 0) = 2 'lo'
shutdown(4#2, 0, 0x1) = 0 state 4
recv(5#3, 1, 0) = 0 state 8
fcntl(4#2, 2048, 0x4) = 0 nonblocking
recv(4#2, 1, 0) = -1 EAGAIN
getsockopt(4#2, 0, 0x10003) = 0
close(5#3, 0, 0) = 0 state 8
recv(4#2, 2, 0) = 0 state 7
send(4#2, 1, 0x4000) = -1 EPIPE state 7
close(4#2, 0, 0) = 0 state 7
socket #4 domain 1 type 1 role 0 - > -
socket(-1#4, 0, 0x20001) = 4
socket #4 domain 1 type 1 role 0 127.0.0.1:P > -
bind(4#4, 0, 0) = 0 to 127.0.0.1:0
socket #5 domain 1 type 1 role 0 - > -
socket(-1#5, 0, 0x20001) = 5
connect(5#5, 0, 0) = -1 ECONNREFUSED state 7 to 127.0.0.1:P
END
check_eq "the program saw what it would have seen" "5 hel lo lo 0 - EAGAIN 0 0 - EPIPE 0 ECONNREFUSED" "$(cat "$TMP/said")"

trace -d 10 "$told" datagram
tells "datagrams, with whom they went to and came from" << 'END'
socket #1 domain 1 type 2 role 0 - > -
socket(-1#1, 0, 0x20002) = 3
socket #2 domain 1 type 2 role 0 - > -
socket(-1#2, 0, 0x20002) = 4
socket #1 domain 1 type 2 role 0 127.0.0.1:P > -
bind(3#1, 0, 0) = 0 to 127.0.0.1:0
socket #2 domain 1 type 2 role 0 *:P > -
sendto(4#2, 5, 0) = 5 to 127.0.0.1:P 'hello'
sendto(4#2, 5, 0) = 5 to 127.0.0.1:P 'world'
recvfrom(3#1, 8, 0) = 5 to 127.0.0.1:P 'hello'
recvmsg(3#1, 2, 0) = 2 truncated to 127.0.0.1:P 'wo'
recv(3#1, 8, 0x40) = -1 EAGAIN
END

trace -d 3 "$told" messages
tells "several messages, and vectors: no more data than wished" << 'END'
socket #1 domain 4 type 2 role 0 - > -
socket #2 domain 4 type 2 role 0 - > -
socketpair(-1#1, 0, 0x10002) = 0
socket #1 domain 4 type 2 role 0 - > -
sendmmsg(3#1, 5, 0x5) = 2 cut 'abc'
recvmmsg(4#2, 8, 0x5) = 2 cut 'abc'
writev(3#1, 5, 0) = 5 cut 'abc'
readv(4#2, 8, 0) = 5 cut 'abc'
END

trace "$told" numbers
tells "one socket under several numbers" << 'END'
socket #1 domain 4 type 1 role 0 - > -
socket #2 domain 4 type 1 role 0 - > -
socketpair(-1#1, 0, 0x10001) = 0
socket #3 domain 4 type 1 role 0 - > -
socket #4 domain 4 type 1 role 0 - > -
socketpair(-1#3, 0, 0x10001) = 0
dup(3#1, 0, 0) = 7
write(7#1, 1, 0) = 1
dup2(5#3, 0, 0) = 5
dup2(3#1, 0, 0) = 5
write(5#1, 1, 0) = 1
fcntl(4#2, 0, 0) = 20
ioctl(4#2, 1, 0x5421) = 0 nonblocking
fcntl(4#2, 0, 0x4) = 0
END

waits='0x14\) = 0|EAGAIN'
trace "$told" waits
tells "waits, and what bounds them" << 'END'
socket #1 domain 4 type 1 role 0 - > -
socket #2 domain 4 type 1 role 0 - > -
socketpair(-1#1, 0, 0x10001) = 0
poll(-1#0, 1, 0) = 0 bounded
poll(-1#0, 1, 0x14) = 0 waited bounded
write(4#2, 1, 0) = 1
epoll_wait(5#0, 1, 0xffffffff) = 1
read(3#1, 1, 0) = 1
setsockopt(3#1, 0, 0x10014) = 0
recv(3#1, 1, 0) = -1 EAGAIN waited bounded
END

waits='^$'
trace "$told" ends
tells "sockets that end by other calls than close" << 'END'
socket #1 domain 4 type 1 role 0 - > -
socket #2 domain 4 type 1 role 0 - > -
socketpair(-1#1, 0, 0x10001) = 0
fclose(3#1, 0, 0) = 0
close_range(4#2, 0, 0) = 0
socket #3 domain 4 type 1 role 0 - > -
socket #4 domain 4 type 1 role 0 - > -
socketpair(-1#3, 0, 0x10001) = 0
closefrom(3#3, 0, 0) = 0
closefrom(4#4, 0, 0) = 0
recv(3#0, 1, 0) = -1 EBADF
END

pair_lines="socket #1 domain 4 type 1 role 0 - > -
socket #2 domain 4 type 1 role 0 - > -
socketpair(-1#1, 0, 0x10001) = 0"
trace -d 1 "$told" fork
tells "a forked child knows the sockets that it inherited" << END
$pair_lines
write(4#2, 1, 0) = 1 'c'
read(3#1, 1, 0) = 1 'c'
END
trace -d 1 "$told" thread
tells "threads" << END
$pair_lines
write(3#1, 1, 0) = 1 't'
read(4#2, 1, 0) = 1 't'
END
trace -d 1 "$told" vfork
tells "a vfork child tells nothing, and its parent goes on" << END
$pair_lines
write(4#2, 1, 0) = 1 'v'
END
trace "$told" received
check_eq "a socket that comes under the number of another one" "fcntl(5#4, 0, 0x4) = 0" "$(tail -n 1 "$TMP/lines")"
trace -p "$told" stuck
tells "the call that a program is killed in" << END
$pair_lines
in recv(3#1, 7)
END

waits='^close'
trace -f 'call: recv, error: ECONNRESET, when: {nth: 2}' -f 'call: recv, partial: 2, when: {nth: 1}' \
    -f 'call: close, delay: 5ms' "$player" 'pair a b; send b hello; recv a 9; recv a 9; recv a 9; close a'
tells "rules that fired, and calls that were not made" << END
$pair_lines
send(4#2, 5, 0x4000) = 5
recv(3#1, 9, 0) = 2 rule 1.1
recv(3#1, 9, 0) = -1 ECONNRESET not-made rule 0.2
recv(3#1, 9, 0) = 3
close(3#1, 0, 0) = 0 waited rule 2.1
END
waits='^$'
trace -f 'call: connect, reset: true' "$player" 'stream a b; recv a 9; recv a 9'
check_eq "a rule's reset is told as the program sees it" \
    "recv(4#2, 9, 0) = -1 ECONNRESET state 7
recv(4#2, 9, 0) = 0 state 7" "$(grep '^recv' "$TMP/lines")"

trace -f 'call: resolve, error: EAI_AGAIN, when: {nth: 2}' "$player" 'look localhost; look localhost; look no.such.invalid'
check_eq "look-ups, and nothing of what libc does for them" \
    "getaddrinfo(-1#0, 0, 0) = 0 'localhost'
getaddrinfo(-1#0, 0, 0) = -1 EAI-3 not-made rule 0.2 'localhost'" "$(grep '^getaddrinfo.*localhost' "$TMP/lines")"
check_eq "there is no other line" "" "$(grep -v '^getaddrinfo' "$TMP/lines")"

trace /bin/true
tells "a program without sockets tells nothing" < /dev/null
finish
