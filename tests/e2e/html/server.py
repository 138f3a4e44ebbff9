"""Answers each connection's line, a number, with six times so many bytes."""
import socket
import sys
import threading
import time


def serve(peer):
    try:
        with peer:
            size = int(peer.makefile("rb").readline())
            for _ in range(6):
                peer.sendall(b"x" * size)
                time.sleep(0.004)
    except OSError as error:
        print("server:", error, file=sys.stderr)


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=256)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
