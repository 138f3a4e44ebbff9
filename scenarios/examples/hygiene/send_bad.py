"""Hand in 1000 bytes: send_bad.py PORT. How many send() has taken is not looked at."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    connection.send(b"x" * 1000)
    connection.shutdown(socket.SHUT_WR)
    print(connection.makefile().read(), end="")
