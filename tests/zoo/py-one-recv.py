# finds: fragile of client
# What one recv brings is taken for the whole message.
import os
import socket
import sys

fixed = os.environ.get("ZOO") == "fixed"
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1) as peer:
    peer.sendall(b"long\n")
    answer = peer.recv(4096) if not fixed else peer.makefile("rb").readline()
words = answer.decode().split()
if answer[-1:] != b"\n" and fixed:
    sys.exit("the answer is cut")
print(words[0], words[6])
