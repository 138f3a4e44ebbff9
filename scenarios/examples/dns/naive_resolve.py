"""naive_resolve.py PORT NAME…: like resolve.py, but takes the first answer for that to the first question."""
import socket
import sys

import message

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.connect(("127.0.0.1", int(sys.argv[1])))
    client.settimeout(0.3)
    for text in sys.argv[2:]:
        client.send(message.question(1, text, message.A))
        client.send(message.question(2, text, message.AAAA))
        first, second = (message.address(client.recv(512)) for _ in range(2))
        print(text, socket.inet_ntoa(first), socket.inet_ntop(socket.AF_INET6, second))
