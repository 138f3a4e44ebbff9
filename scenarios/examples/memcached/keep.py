"""Store a text in memcached and print what it has, or do without: keep.py PORT TEXT"""
import socket, sys


def keep(port, text):
    with socket.create_connection(("127.0.0.1", port), timeout=4) as cache, cache.makefile("rb") as replies:
        cache.sendall(b"set text 0 60 %d\r\n%s\r\n" % (len(text), text))
        if replies.readline() != b"STORED\r\n":
            raise ConnectionError("not stored")
        cache.sendall(b"get text\r\n")
        length = int(replies.readline().split()[3])
        return replies.read(length + 2)[:length]


text = sys.argv[2].encode()
try:
    print("cached:", keep(int(sys.argv[1]), text).decode())
except (OSError, ValueError, IndexError) as error:
    print("uncached:", text.decode())
    print(error, file=sys.stderr)
