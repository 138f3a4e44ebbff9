"""Say two words and hear them: errors_good.py PORT. An error ends the conversation."""
import socket
import sys

try:
    with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
        for _ in range(2):
            connection.sendall(b"hello\n")
            print(connection.recv(6, socket.MSG_WAITALL).decode(), end="")
except OSError as error:
    sys.exit(f"errors_good: {error}")
