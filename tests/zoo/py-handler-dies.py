# finds: service-down of server
# What one client does to its connection ends the loop that accepts all others.
import os
import socket
import sys

fixed = os.environ.get("ZOO") == "fixed"
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))


def serve(peer):
    with peer:
        peer.settimeout(1)
        for line in peer.makefile("rb"):
            if line.endswith(b"\n"):
                peer.sendall(b"hello to you\n")


while True:
    try:
        peer, _ = listener.accept()
    except OSError:
        continue
    try:
        serve(peer)
    except OSError:
        if not fixed:
            raise
