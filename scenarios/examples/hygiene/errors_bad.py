"""Say two words and hear them: errors_bad.py PORT. Errors are swallowed one by one."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    for _ in range(2):
        try:
            connection.sendall(b"hello\n")
            print(connection.recv(6, socket.MSG_WAITALL).decode(), end="")
        except OSError:
            pass
