#!/bin/bash
# A pointer that leads nowhere is the kernel's to refuse, under any rule.
. "$(dirname "$0")/../lib.sh"

"$BUILD/tests/shim/pointers" > "$TMP/native" || exit 1
check "natively many calls fail with EFAULT" test "$(grep -c 'Bad address' "$TMP/native")" -gt 20
for rule in 'corrupt: 5, call: [send, recv]' 'partial: 300, call: [send, recv]' \
    'delay: 1us, call: [send, recv, connect, accept, bind, option]' \
    'link: both, delay: 1us' 'partial: 300, call: [send, recv], when: {match: zzz}' 'partial: 300, call: recv, peer: "*:9"'; do
    "$SOCKFAULT" run -f "$rule, optional: true" -- "$BUILD/tests/shim/pointers" > "$TMP/wrapped" 2>&1
    check_same "$rule" "$TMP/native" "$TMP/wrapped"
done
# Where a stream has ended nothing is written to them.
cat > "$TMP/ended.py" <<'EOF'
import ctypes, socket
libc = ctypes.CDLL(None, use_errno=True)
near, far = socket.socketpair()
for call in (lambda: libc.recvmsg(near.fileno(), ctypes.c_void_p(1), 0),
             lambda: libc.recvmmsg(near.fileno(), ctypes.c_void_p(1), 1, 0, None)):
    print(call(), ctypes.get_errno())
EOF
output=$(timeout 20 "$SOCKFAULT" run -f 'eof: true, call: recv' -- python3 "$TMP/ended.py" 2>&1)
check_eq "eof: true" "$(printf -- '-1 14\n-1 14')" "$output"
mkfifo "$TMP/fifo"
check_status "a FIFO is no plan" 125 timeout 60 env LD_PRELOAD="$SOCKFAULT_SHIM" SOCKFAULT_PLAN="$TMP/fifo" true
finish
