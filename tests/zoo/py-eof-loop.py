# finds: spin of client
# The end of the connection brings no byte, and no end of the loop.
import os
import socket
import sys

fixed = os.environ.get("ZOO") == "fixed"
answer = b""
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1) as peer:
    peer.sendall(b"hello\n")
    while not answer.endswith(b"\n"):
        piece = peer.recv(4096)
        if not piece and fixed:
            sys.exit("the answer is cut")
        answer += piece
print(answer.decode().strip())
