"""server.py PORT: a name server to whom each name is 192.0.2.1 and 2001:db8::1."""
import socket
import struct
import sys

import message

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))
print("up", flush=True)
while True:
    asked, client = server.recvfrom(512)
    kind = struct.unpack("!H", asked[-4:-2])[0]
    data = socket.inet_aton("192.0.2.1") if kind == message.A else socket.inet_pton(socket.AF_INET6, "2001:db8::1")
    server.sendto(message.answer(asked, data), client)
