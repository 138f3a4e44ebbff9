# finds: fragile of client
# send() may take less than it was given.
import os
import socket
import sys

fixed = os.environ.get("ZOO") == "fixed"
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1) as peer:
    if fixed:
        peer.sendall(b"hello\n")
    else:
        peer.send(b"hello\n")
    answer = peer.makefile("rb").readline()
if not answer.endswith(b"\n"):
    sys.exit("the answer is cut")
print(answer.decode().strip())
