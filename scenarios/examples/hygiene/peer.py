"""The other end: peer.py KIND PORT, for clients of all kinds.

greet  says "hello, world" and ends       late  does so after a second
echo   gives back what comes              take  takes what comes, and says how much
cards  answers datagrams with 100 bytes
"""
import socket
import sys
import threading
import time


def greet(connection):
    connection.sendall(b"hello, world\n")


def late(connection):
    time.sleep(1)
    greet(connection)


def echo(connection):
    while data := connection.recv(4096):
        connection.sendall(data)


def take(connection):
    count = 0
    while data := connection.recv(4096):
        count += len(data)
    connection.sendall(f"{count} bytes\n".encode())


def talk(kind, connection):
    with connection:
        try:
            kind(connection)
        except OSError as error:
            print("peer: client lost:", error, file=sys.stderr)


def cards(port):
    with socket.socket(type=socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", port))
        print("ready", flush=True)
        while True:
            server.sendto(b"x" * 100, server.recvfrom(4096)[1])


kind, port = sys.argv[1], int(sys.argv[2])
if kind == "cards":
    cards(port)
with socket.create_server(("127.0.0.1", port)) as server:
    print("ready", flush=True)
    while True:
        connection = server.accept()[0]
        threading.Thread(target=talk, args=(globals()[kind], connection)).start()
