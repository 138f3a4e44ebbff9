"""Count a visit in redis: visit.py PORT. It tries until there is a reply, whatever came of tries before."""
import socket, sys


def count(port):
    with socket.create_connection(("127.0.0.1", port), timeout=5) as redis:
        redis.sendall(b"INCR visits\r\n")
        reply = redis.makefile("rb").readline()
        if not reply.endswith(b"\n"):
            raise ConnectionError("half a reply")
        return int(reply[1:])


for attempt in range(3):
    try:
        print("visit", count(int(sys.argv[1])))
        break
    except ConnectionError as error:
        print("once more:", error, file=sys.stderr)
