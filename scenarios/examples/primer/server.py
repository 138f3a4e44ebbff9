"""Echo what clients send: server.py PORT. One at a time, none for ever, and none ends the service."""
import socket, sys


def echo(connection):
    """Until the client is through. The socket is closed whatever happens."""
    with connection:
        connection.settimeout(2)
        try:
            while data := connection.recv(1024):
                connection.sendall(data)
        except OSError as error:  # a time-out too: the trouble of this client alone
            print("client lost:", error, file=sys.stderr)


with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", int(sys.argv[1])))
    server.listen()
    while True:
        echo(server.accept()[0])
