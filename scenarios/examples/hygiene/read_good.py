"""One greeting: read_good.py PORT. It reads on until the line is whole."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    print(connection.makefile().readline(), end="")
