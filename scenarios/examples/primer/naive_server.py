"""Echo what clients send: naive_server.py PORT. No exception is expected, no wait is bounded."""
import socket, sys

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
while True:
    connection, address = server.accept()
    while data := connection.recv(1024):
        connection.send(data)
    connection.close()
