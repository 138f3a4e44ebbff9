# finds: hang of client
# A peer that has fallen silent is waited for for ever.
import os
import socket
import sys

fixed = os.environ.get("ZOO") == "fixed"
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1) as peer:
    if not fixed:
        peer.settimeout(None)
    peer.sendall(b"hello\n")
    answer = peer.makefile("rb").readline()
if answer[-1:] != b"\n":
    sys.exit("the answer is cut")
print(answer.decode().strip())
