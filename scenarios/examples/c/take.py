"""Take what one client sends, and say how much it was: take.py PORT."""
import socket, sys

with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    while True:
        with server.accept()[0] as connection:
            print(sum(map(len, iter(lambda: connection.recv(65536), b""))), "bytes", flush=True)
