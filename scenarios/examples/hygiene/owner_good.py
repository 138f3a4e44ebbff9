"""One greeting: owner_good.py PORT. makefile() shares the socket and counts its users."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    with connection.makefile("rb") as stream:
        print(stream.readline().decode(), end="")
