"""Three greetings: close_bad.py PORT. Each leaves its descriptor behind.

Python closes a socket object that nobody knows any more. A number that was taken
out of one, by detach(), is the program's own to close.
"""
import os
import socket
import sys


def greet(port):
    fd = socket.create_connection(("127.0.0.1", port)).detach()
    while data := os.read(fd, 64):
        os.write(1, data)


for _ in range(3):
    greet(int(sys.argv[1]))
