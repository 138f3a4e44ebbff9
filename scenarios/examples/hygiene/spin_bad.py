"""One greeting that comes late: spin_bad.py PORT. It asks again and again."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    connection.setblocking(False)
    line = None
    while line is None:
        try:
            line = connection.recv(64)
        except BlockingIOError:
            pass
print(line.decode(), end="")
