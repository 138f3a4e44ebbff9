"""One greeting that comes late: spin_good.py PORT. It waits for it in select."""
import select
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    connection.setblocking(False)
    if not select.select([connection], [], [], 10)[0]:
        sys.exit("spin_good: no greeting")
    print(connection.recv(64).decode(), end="")
