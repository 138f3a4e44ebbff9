#!/bin/bash
# The kernel is the oracle: what a rule does and what really happens look alike.
. "$(dirname "$0")/../lib.sh"

target=pairs
pair() # CASE RULE
{
    timeout 60 "$BUILD/tests/shim/$target" real "$1" > "$TMP/real" 2>&1 || diag "natively: status $?"
    timeout 60 "$SOCKFAULT" run -f "$2" -- "$BUILD/tests/shim/$target" injected "$1" > "$TMP/injected" 2>&1
    check_same "$1" "$TMP/real" "$TMP/injected"
    [ -s "$TMP/real" ] || fail "$1 says something"
}

pair recv-interrupted 'call: recv, interrupt: true, times: 1'
pair recv-with-timeout-interrupted 'call: recv, interrupt: true, times: 1'
pair poll-interrupted 'call: poll, interrupt: true, times: 1'
pair waits-under-a-mask-are-interrupted 'call: [ppoll, pselect, epoll_pwait], delay: 2s'
pair ready-waits-are-not-interrupted 'call: poll, interrupt: true, program: pairs'
pair slow-recv-restarts 'call: recv, delay: 400ms, times: 1'
pair slow-recv-is-interrupted 'call: recv, delay: 400ms, times: 1'
pair recv-is-jumped-out-of 'call: recv, delay: 500ms, times: 2'
pair recv-is-cancelled 'call: recv, delay: 20s, times: 2'
pair recv-in-pieces 'call: recv, partial: 1'
pair short-read-gives-an-edge 'call: recv, partial: 5'
pair short-unix-read-gives-an-edge 'call: recv, partial: 5'
pair early-set-is-told-of-a-datagram 'call: recv, role: client, again: true, times: 1'
pair early-set-is-told-of-a-client 'call: accept, role: server, again: true, times: 1'
pair short-unix-read-tells-all-sets 'call: recv, partial: 5'
pair short-read-into-many-entries 'call: recv, partial: 500'
pair looks-show-all 'call: recv, partial: 2'
pair short-send-gives-an-edge 'call: send, partial: 100, when: {nth: 1}'
pair accept-without-descriptors 'call: accept, error: EMFILE, when: {nth: 1}'
pair empty-read-of-datagrams 'call: recv, peer: "127.0.0.1:9", delay: 1ms, optional: true'
pair short-datagram 'call: recv, partial: 3'
pair tcp-half-closed 'call: recv, role: client, eof: true, times: 1'
pair unix-half-closed 'call: recv, eof: true, times: 1'
pair reset-at-recv 'call: recv, role: client, reset: true'
pair reset-at-recv-takes-unread-bytes 'call: recv, role: client, reset: true'
pair reset-at-send 'call: send, role: client, reset: true'
pair reset-after-connect 'call: connect, reset: true'
pair reset-after-accept 'call: accept, reset: true'
pair reset-seen-by-the-peer 'call: recv, role: client, reset: true, times: 1'
pair reset-at-send-leaves-unread-bytes 'call: send, role: client, reset: true, times: 1'
pair reset-at-send-with-little-memory 'call: send, role: client, reset: true, times: 1'
pair many-entries-on-a-small-stack 'call: [send, recv], partial: 1020'
pair many-changed-entries-on-a-small-stack 'call: send, corrupt: 1'
pair short-read-into-too-much 'call: [recv, send], role: client, partial: 2'
pair reset-at-send-behind-the-end 'call: send, role: client, reset: true, times: 1'
pair reset-at-recv-behind-the-end 'call: recv, role: client, reset: true, when: {nth: 2}'
pair reset-then-connected-to-nobody 'call: recv, role: client, reset: true, times: 1'
pair reset-leaves-unread-bytes-to-all 'call: send, role: client, reset: true, times: 1'
pair reset-leaves-unread-bytes-to-splice 'call: send, role: client, reset: true, times: 1'
pair reset-spares-who-has-the-number-next 'call: recv, role: client, timeout: 1s, times: 1'
pair reset-at-poll 'call: poll, role: client, reset: true, times: 1, when: {nth: 2}'
pair reset-at-select 'call: select, role: client, reset: true'
pair reset-at-epoll 'call: epoll_wait, role: client, reset: true'
pair reset-at-poll-by-peer 'call: poll, peer: "127.0.0.1:*", connection: 1, reset: true, times: 1'
pair reset-after-connect-without-waiting 'call: connect, role: client, reset: true, connection: 2, times: 1'
pair reset-after-accept-leaves-unread-bytes 'call: accept, reset: true'
pair refused 'call: connect, refuse: true, connection: 2..'
pair refused-without-waiting 'call: connect, refuse: true, connection: 2..'
pair nothing-yet 'call: recv, again: true, times: 1'
pair nothing-within-the-timeout 'call: recv, again: true, times: 1'
pair signal-before-recv 'call: recv, signal: ALRM'

target=messages
pair changed-within-what-came 'call: recv, corrupt: 1'
pair changed-in-a-stream 'call: recv, corrupt: 1'
pair short-first-message 'call: recv, partial: 2'
pair short-second-message 'call: recv, partial: 7'
pair several-within-a-time-out 'call: recv, partial: 399, optional: true'
pair several-within-a-time-out 'call: recv, corrupt: 1'
for behind in error signal end nothing; do
    pair $behind-behind-the-first-message 'call: recv, role: client, partial: 199, optional: true'
    pair $behind-behind-the-first-message 'call: recv, role: client, corrupt: 1'
done
pair unread-bytes 'call: send, role: client, reset: true, times: 1'
pair unread-bytes-for-a-wrong-message 'call: send, role: client, reset: true, times: 1'
pair changed-before-a-hole 'call: send, corrupt: 1'
pair full-vector 'call: send, corrupt: 1'
pair more-messages-than-a-vector-has-entries 'call: recv, delay: 1ms'

target=timeouts
pair connect-times-out 'call: connect, timeout: 1500ms'
pair connect-times-out-without-waiting 'call: connect, timeout: 1500ms'
pair connect-has-a-timeout-of-its-own 'call: connect, timeout: 1500ms'
pair connect-is-interrupted 'call: connect, timeout: 1500ms'
pair recv-times-out 'call: recv, role: client, timeout: 1500ms'
pair recv-times-out-without-waiting 'call: recv, role: client, timeout: 1500ms'
pair half-closed-while-recv-times-out 'call: recv, role: client, timeout: 1500ms, times: 1'
pair shut-while-recv-times-out 'call: recv, role: client, timeout: 1500ms, times: 1'
pair recv-has-a-timeout-of-its-own 'call: recv, timeout: 1500ms, times: 1'
pair recv-is-interrupted 'call: recv, timeout: 1500ms, times: 1'
pair send-times-out 'call: send, role: client, timeout: 1500ms'
pair unix-recv-has-a-timeout-of-its-own 'call: recv, timeout: 1500ms, times: 1'
pair shutdown-ends-recv-and-accept 'call: [recv, accept], per: program, timeout: 20s, when: {nth: 2..3}'
pair shutdown-ends-recv-and-accept 'call: [recv, accept], per: program, delay: 20s, when: {nth: 2..3}'
pair shutdown-ends-recv-and-accept 'call: recv, connection: 3, timeout: 30s'
pair shutdown-ends-send 'call: send, timeout: 20s'
pair shutdown-ends-connect 'call: connect, timeout: 20s'
pair shutdown-ends-recv-of-datagrams 'call: recv, delay: 20s'
pair nobody-to-accept 'call: accept, timeout: 1500ms, times: 2'
pair nothing-to-poll 'call: [poll, select, epoll_wait], timeout: 1500ms, when: {to: 5}'
finish
