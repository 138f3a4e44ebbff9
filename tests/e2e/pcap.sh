# Captures, as tshark reads them: the streams are what the program saw.
. "$(dirname "$0")/../lib.sh"

port=$(free_port) || { fail "a free port"; finish; }
mkdir "$TMP/www" && seq 30000 > "$TMP/www/numbers"
background python3 -m http.server "$port" --bind 127.0.0.1 --directory "$TMP/www" 2> /dev/null
wait_for_port "$port" || { fail "a server"; finish; }
export no_proxy='*'

fields() # FILE FILTER FIELD…
{
    local file=$1 filter=$2
    shift 2
    tshark -r "$file" -Y "$filter" -T fields "${@/#/-e}" 2> "$TMP/tshark" || cat "$TMP/tshark"
}

bytes_of() # FILE STREAM FROM: what one end of a TCP stream has sent, in hexadecimal
{
    tshark -r "$1" -q -z "follow,tcp,raw,$2" 2> /dev/null | if [ "$3" = client ]; then grep -v $'^\t'; else grep $'^\t'; fi |
        grep -E '^\s*[0-9a-f]+$' | tr -d '\t\n'
}

"$SOCKFAULT" run --pcap "$TMP/curl.pcapng" -f 'id: piecemeal, call: recv, type: stream, partial: 1000' -- \
    curl -fsS -o "$TMP/got" "http://127.0.0.1:$port/numbers"
check_same "curl got all" "$TMP/www/numbers" "$TMP/got"
bytes_of "$TMP/curl.pcapng" 0 server | xxd -r -p | sed '1,/^\r$/d' > "$TMP/seen"
check_same "and so has the capture" "$TMP/www/numbers" "$TMP/seen"
check_eq "each read is a packet, its fault a comment" "recv(5): rule piecemeal (partial: 1000)" \
    "$(fields "$TMP/curl.pcapng" "tcp.srcport == $port && tcp.len == 1000" frame.comment | sed 's/([0-9]*):/(5):/' | sort -u)"
check_eq "a beginning and an end" "SYN SYN,ACK FIN" "$(echo \
    $(fields "$TMP/curl.pcapng" "tcp.flags.syn == 1 && tcp.flags.ack == 0" tcp.flags | sed 's/.*/SYN/') \
    $(fields "$TMP/curl.pcapng" "tcp.flags.syn == 1 && tcp.flags.ack == 1" tcp.flags | sed 's/.*/SYN,ACK/') \
    $(fields "$TMP/curl.pcapng" "tcp.flags.fin == 1 && tcp.dstport == $port" tcp.flags | sed 's/.*/FIN/'))"
check_eq "no packet is out of its turn" "" "$(fields "$TMP/curl.pcapng" tcp.analysis.flags frame.number)"

cat > "$TMP/talk.py" << 'END'
import os, socket, sys, threading

def talk(listener, client, size):
    listener.listen()
    client.connect(listener.getsockname())
    end, _ = listener.accept()
    sender = threading.Thread(target=lambda: (client.sendall(bytes(i % 251 for i in range(size))), client.close()))
    sender.start()
    while end.recv(1 << 24):
        pass
    sender.join()
    end.close()

if sys.argv[1] == "big":
    listener = socket.socket(socket.AF_INET6)
    listener.bind(("::1", 0))
    talk(listener, socket.socket(socket.AF_INET6), 3000000)
elif sys.argv[1] == "unix":
    for kind in socket.SOCK_STREAM, socket.SOCK_SEQPACKET:
        with socket.socket(socket.AF_UNIX, kind) as listener:
            listener.bind(f"{sys.argv[2]}/{int(kind)}")
            talk(listener, socket.socket(socket.AF_UNIX, kind), 100)
elif sys.argv[1] == "refused":
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        try:
            socket.create_connection(taken.getsockname())
        except ConnectionRefusedError:
            pass
else:
    near, far = socket.socket(type=socket.SOCK_DGRAM), socket.socket(type=socket.SOCK_DGRAM)
    near.bind(("127.0.0.1", 0))
    for text in b"hello", b"", bytes(60000):
        far.sendto(text, near.getsockname())
        near.recvfrom(65535)
    near.close()
    far.close()
END
"$SOCKFAULT" run --pcap "$TMP/big.pcapng" -- python3 "$TMP/talk.py" big
python3 -c 'import sys; sys.stdout.buffer.write(bytes(i % 251 for i in range(3000000)))' > "$TMP/big"
bytes_of "$TMP/big.pcapng" 0 client | xxd -r -p > "$TMP/seen"
check_same "3 MB in one call, over IPv6" "$TMP/big" "$TMP/seen"

"$SOCKFAULT" run --pcap "$TMP/udp.pcapng" -- python3 "$TMP/talk.py" udp
check_eq "datagrams are what they were, and nothing else" "13
13
8
8
60008
60008" "$(fields "$TMP/udp.pcapng" udp udp.length)"

"$SOCKFAULT" run --pcap "$TMP/unix.pcapng" -- python3 "$TMP/talk.py" unix "$TMP"
check_eq "Unix sockets say their paths" "unix:$TMP/1
unix:$TMP/5" "$(fields "$TMP/unix.pcapng" frame.comment frame.comment | sed 's/.*: //' | sort -u)"
check_eq "and have no port of a service" "" "$(fields "$TMP/unix.pcapng" 'tcp.port < 49152' frame.number)"
check_eq "data behind the handshake" "" "$(fields "$TMP/unix.pcapng" tcp.analysis.reused_ports frame.number)"

"$SOCKFAULT" run --pcap "$TMP/refused.pcapng" -- python3 "$TMP/talk.py" refused
check_eq "a refused connect is a SYN and a RST" "0x0002
0x0014" "$(fields "$TMP/refused.pcapng" tcp tcp.flags)"

# ---- what link rules did ----
gcc -o "$TMP/calls" "$root/docs/reference/calls.c"
linked() # RULE CALL…: each comment, and the packet that it stands on: its flags and bytes
{
    local rule=$1
    shift
    timeout 60 "$SOCKFAULT" run --pcap "$TMP/link.pcapng" -f "id: cut, $rule" -- "$TMP/calls" "$@" > "$TMP/said" 2>&1
    fields "$TMP/link.pcapng" frame.comment tcp.flags.str tcp.len frame.comment | tr -d '·' | tr '\t' ' '
}
behind='when: {after_bytes: 3}'
check_eq "a reset by a link rule stands on its RST" "AR 0 link in, behind 3 bytes: rule cut (reset: true)" \
    "$(linked "link: in, role: client, reset: true, $behind" tcp give=hello recv recv)"
check_eq "one that the program does not hear of, on its last packet" "AF 0 link in, behind 3 bytes: rule cut (reset: true)" \
    "$(linked "link: in, role: client, reset: true, $behind" tcp give=hello recv)"
check_eq "a close on its FIN" "AF 0 link in, behind 3 bytes: rule cut (close: true)" \
    "$(linked "link: in, role: client, close: true, $behind" tcp give=hello recv recv send)"
check_eq "of a connection whose other way goes on" "AF 0 link out, behind 1 byte: rule cut (close: true)" \
    "$(linked 'link: out, role: client, close: true, when: {after_bytes: 1}' tcp send far.recv far.recv give=hello recv)"
check_eq "a delay on the first byte that is late" "AP 5 link in, behind 0 bytes: rule cut (delay: 20ms)" \
    "$(linked 'link: in, role: client, delay: 20ms' tcp send=2 far.recv=9 give=hello recv recv-dontwait)"
check_eq "and not on what came before it" "AP 2 link in, behind 3 bytes: rule cut (corrupt: 1)" \
    "$(linked "link: in, role: client, corrupt: 1, $behind" tcp give=hello recv=3 recv)"
check_eq "of what a server gets" "AP 5 link in, behind 0 bytes: rule cut (delay: 20ms)" \
    "$(linked 'link: in, role: server, delay: 20ms' tcp send=5 far.recv=5)"
check_eq "a black hole on the SYN that it swallows" "S 0 link in, behind 0 bytes: rule cut (blackhole: true)" \
    "$(linked 'link: both, role: client, blackhole: true' tcp nonblock connect poll=100)"
check_eq "or on what comes last" "AF 0 link in, behind 3 bytes: rule cut (blackhole: true)" \
    "$(linked "link: both, role: client, blackhole: true, $behind" tcp give=hello recv poll)"
check_eq "what meets connect on that" "S 0 connect(3): rule cut (refuse: true)" \
    "$(linked 'link: both, role: client, refuse: true' tcp connect)"
check_eq "a Unix stream as well" "AF 0 link in, behind 3 bytes: rule cut (close: true)" \
    "$(linked "link: in, role: client, close: true, $behind" unix give=hello recv recv | grep -v ': unix:' )"
printf 'import os, signal, socket\nl = socket.create_server(("127.0.0.1", 0)); s = socket.create_connection(l.getsockname()); c = l.accept()[0]\n%s' \
    'c.send(b"hello"); s.recv(3, socket.MSG_WAITALL); os.kill(os.getpid(), signal.SIGKILL)' > "$TMP/killed.py"
"$SOCKFAULT" run --pcap "$TMP/link.pcapng" -f "id: cut, link: in, role: client, blackhole: true, $behind" -- python3 "$TMP/killed.py"
check_eq "where the program says no more, an empty packet" "A 0 link in, behind 3 bytes: rule cut (blackhole: true)" \
    "$(fields "$TMP/link.pcapng" frame.comment tcp.flags.str tcp.len frame.comment | tr -d '·' | tr '\t' ' ')"

cat > "$TMP/two.yaml" << END
name: "number \${n}"
matrix: {n: [1, 2, 3]}
programs: {client: "python3 $TMP/talk.py udp"}
END
check_status "several scenarios" 0 "$SOCKFAULT" test -j 3 --pcap "$TMP/two.pcapng" "$TMP/two.yaml"
check_eq "each has a section in the file" 18 "$(fields "$TMP/two.pcapng" udp udp.length | wc -l)"

check_status "a file for two" 125 "$SOCKFAULT" run --trace "$TMP/same" --pcap "$TMP/same" -- true
check_match "it says so" "--trace and --pcap both write to" "$output"
check_status "a full disk" 125 "$SOCKFAULT" run --pcap /dev/full -- python3 "$TMP/talk.py" udp
check_match "it says so" "No space left on device" "$output"
finish
