"""One greeting: owner_bad.py PORT. A socket and a file both own the descriptor."""
import os
import socket
import sys

connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
with os.fdopen(connection.fileno(), "rb") as stream:
    print(stream.readline().decode(), end="")
del connection  # closes the number, which may be another's by now
