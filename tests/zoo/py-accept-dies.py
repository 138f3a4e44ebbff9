# finds: service-down of server
# A connection that was gone before it was accepted ends the server.
import os
import socket
import sys

fixed = os.environ.get("ZOO") == "fixed"
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
while True:
    try:
        peer, _ = listener.accept()
    except OSError:
        if not fixed:
            raise
        continue
    try:
        with peer:
            peer.settimeout(1)
            for line in peer.makefile("rb"):
                if line.endswith(b"\n"):
                    peer.sendall(b"hello to you\n")
    except OSError:
        pass
