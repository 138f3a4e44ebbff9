"""Ask for a card and show it: size_bad.py PORT. The card is longer than its room."""
import socket
import sys

ROOM = 16
with socket.socket(type=socket.SOCK_DGRAM) as connection:
    connection.settimeout(5)
    connection.connect(("127.0.0.1", int(sys.argv[1])))
    connection.send(b"card")
    print(len(connection.recv(ROOM)), "bytes")
