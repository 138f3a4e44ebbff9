"""Hand in 1000 bytes: send_good.py PORT. sendall() sends on until all is sent."""
import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as connection:
    connection.sendall(b"x" * 1000)
    connection.shutdown(socket.SHUT_WR)
    print(connection.makefile().read(), end="")
