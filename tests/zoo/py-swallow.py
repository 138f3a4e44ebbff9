# finds: silent of client
# Every error is taken for an empty answer.
import os
import socket
import sys

fixed = os.environ.get("ZOO") == "fixed"


def ask():
    with socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=1) as peer:
        peer.sendall(b"hello\n")
        answer = peer.makefile("rb").readline()
        if not answer.endswith(b"\n"):
            raise ConnectionError("the answer is cut")
        return answer.decode().strip()


try:
    print(ask())
except OSError as error:
    if fixed:
        sys.exit(f"{error}")
    print("")
