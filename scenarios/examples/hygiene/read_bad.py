"""One greeting: read_bad.py PORT. What the first recv brings is taken for the line."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    print(connection.recv(64).decode(), end="")
