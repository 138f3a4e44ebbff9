#!/bin/bash
# Rules select by the name that the program looked up, and look-ups by what they ask for.
. "$(dirname "$0")/../lib.sh"

cat > "$TMP/client.py" <<'END'
import socket, sys, threading
listener = socket.create_server(("127.0.0.1", 0))
port = listener.getsockname()[1]

def serve():
    while True:
        connection, _ = listener.accept()
        connection.sendall(b"hello")

threading.Thread(target=serve, daemon=True).start()
for host in sys.argv[1:]:
    try:
        with socket.create_connection((host, port)) as connection:
            print(host, len(connection.recv(10)))
    except OSError as error:
        print(host, error)
END

ask() # RULE… -- HOST…
{
    local rules=()
    while [ "$1" != -- ]; do rules+=(-f "$1"); shift; done
    shift
    timeout 30 "$SOCKFAULT" run "${rules[@]}" -- python3 "$TMP/client.py" "$@" 2>&1
}
answer='call: resolve, peer: "*.internal:*", resolve: 127.0.0.1'

check_eq "by the name alone, not by its address" "$(printf '%s\n' 'localhost 2' '127.0.0.1 5')" \
    "$(ask 'call: recv, role: client, peer: "localhost:*", partial: 2, connection: 1' -- localhost 127.0.0.1)"
check_eq "an invented name is answered and known" "$(printf '%s\n' 'db.internal 1' '127.0.0.1 5' 'x.internal 3')" \
    "$(ask "$answer" 'call: recv, role: client, peer: "db.internal:*", partial: 1, times: 1' \
        'call: recv, role: client, peer: "x.internal:*", partial: 3' -- db.internal 127.0.0.1 x.internal)"
check_eq "case and a dot at the end do not matter" "DB.Internal. 1" \
    "$(ask "$answer" 'call: recv, role: client, peer: "db.internal:*", partial: 1' -- DB.Internal.)"
check_eq "a look-up of another name is left alone" \
    "$(printf '%s\n' 'db.internal [Errno -3] Temporary failure in name resolution' 'localhost 5')" \
    "$(ask 'call: resolve, peer: "db.internal:*", error: EAI_AGAIN' -- db.internal localhost)"
check_match "an address that nobody looked up has no name" 'never fired' \
    "$(ask 'call: recv, peer: "localhost:*", partial: 1' -- 127.0.0.1)"
finish
