"""Print the echo of a line: naive_client.py PORT LINE. One connect, one send, one recv."""
import socket, sys

client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
client.connect(("127.0.0.1", int(sys.argv[1])))
client.send(sys.argv[2].encode() + b"\n")
print(client.recv(1024).decode(), end="")
client.close()
