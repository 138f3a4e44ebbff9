"""Three greetings: close_good.py PORT. `with` closes, whichever way leads out."""
import os
import socket
import sys


def greet(port):
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while data := connection.recv(64):
            os.write(1, data)


for _ in range(3):
    greet(int(sys.argv[1]))
