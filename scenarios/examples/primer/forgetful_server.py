"""Echo what clients send: forgetful_server.py PORT. It catches errors, and closes where there was none."""
import socket, sys

server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("127.0.0.1", int(sys.argv[1])))
server.listen()
while True:
    connection, address = server.accept()
    connection.settimeout(2)
    try:
        while data := connection.recv(1024):
            connection.sendall(data)
        connection.close()
    except OSError as error:
        print("client lost:", error, file=sys.stderr)
