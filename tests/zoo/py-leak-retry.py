# finds: leak of client
# Connections that failed are kept, and never closed.
import os
import socket
import sys

fixed = os.environ.get("ZOO") == "fixed"
kept = []
for attempt in range(3):
    try:
        peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1)
    except OSError:
        continue
    kept.append(peer)
    try:
        peer.sendall(b"hello\n")
        answer = peer.makefile("rb").readline()
        if not answer.endswith(b"\n"):
            raise ConnectionError("the answer is cut")
    except OSError:
        if fixed:
            peer.close()
        continue
    print(answer.decode().strip())
    peer.close()
    sys.stdout.flush()
    os._exit(0)  # what is kept stays open to the end
sys.exit("no answer")
