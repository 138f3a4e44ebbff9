"""Ask for a card and show it: size_good.py PORT. There is room for any datagram."""
import socket
import sys

ROOM = 65536
with socket.socket(type=socket.SOCK_DGRAM) as connection:
    connection.settimeout(5)
    connection.connect(("127.0.0.1", int(sys.argv[1])))
    connection.send(b"card")
    print(len(connection.recv(ROOM)), "bytes")
