"""Datagrams of Unix sockets: what the sender is told, and what comes.

    sends COMES    calls of many kinds: what each gives its sender, and, if COMES, what the receiver gets
    full [COUNT]   a receiver whose queue is full behind so many (11) that get there
    words WORD…    each word sent from a socket with a peer, then each from one without: what comes
    receive        one that comes in
    packets        a connection of SOCK_SEQPACKET"""
import array
import os
import select
import socket
import struct
import sys
import tempfile
import threading
import time

os.chdir(tempfile.mkdtemp())


def new(name=None, peer=None):
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.settimeout(5)
    if name:
        s.bind(name)
    if peer:
        s.connect(peer)
    return s


def told(call, *arguments):
    try:
        return call(*arguments)
    except OSError as error:
        return type(error).__name__, error.errno


def sends_to(name, other, comes):
    server = new(name)
    here = os.path.abspath(name) if not name.startswith("\0") else name
    client = new(peer=name)
    print("one", client.send(b"one"), client.sendto(b"two", here), client.sendmsg([b"th", b"", b"ree"]))
    print("empty", client.send(b""), client.sendto(b"", name))
    named = new(other)
    print("named", named.sendto(b"from", name))
    server.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    ends = os.pipe()
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", ends[1:]))]
    print("rights", client.sendmsg([b"fd"], rights))
    if comes:
        for _ in range(6):
            print(server.recvfrom(100))
        data, control, _, _ = server.recvmsg(100, 1000)
        kinds = {kind: content for _, kind, content in control}
        os.write(struct.unpack("i", kinds[socket.SCM_RIGHTS])[0], b"passed")
        print(data, os.read(ends[0], 10), struct.unpack("iii", kinds[2])[0] == os.getpid())
    takes = new()
    takes.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    print("takes credentials", takes.sendto(b"x", other), len(takes.getsockname()), named.setblocking(False))
    print("bad rights", told(client.sendmsg, [b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [999]))]))
    print("out of band", told(client.send, b"x", socket.MSG_OOB))
    print("too long", told(client.send, bytes(1 << 20)), told(client.sendto, bytes(1 << 20), name))
    print("no such", told(client.sendto, b"x", name + "-none"), told(new().send, b"x"))
    print("bad name", told(client.sendto, b"x", ""), told(named.sendto, b"x", "./" * 40 + "s"))
    server.connect(other)
    print("has a peer", told(client.send, b"x"), told(client.sendto, b"x", name), told(named.sendto, b"y", name))
    named.connect(name)
    print("each other's", told(named.send, b"y"), told(server.send, b"z"))
    if comes:
        print(server.recv(10), server.recv(10), named.recv(10))
    server.shutdown(socket.SHUT_RD)
    print("receives not", told(named.send, b"x"), told(named.sendto, b"x", name))
    free = new(other + "-free")
    client.connect(other + "-free")
    free.shutdown(socket.SHUT_RD)
    print("nor does one without", told(client.send, b"x"), told(client.sendto, b"x", other + "-free"))
    server.close()
    print("closed", told(named.sendto, b"x", name), told(named.send, b"x"), told(named.send, b"x"))
    client.shutdown(socket.SHUT_WR)
    print("shut", told(client.send, b"x"), told(client.sendto, b"x", name))


def sends(comes):
    sends_to("s", "o", comes == "1")
    abstract = "\0" + os.environ["SF_NAME"]
    sends_to(abstract, abstract + "-other", comes == "1")
    stream = socket.socket(socket.AF_UNIX)
    stream.bind("stream")
    stream.listen()
    print("a stream", told(new().sendto, b"x", "stream"))
    os.mkdir("closed", 0)
    print("a folder", told(new().sendto, b"x", "closed"), told(new().sendto, b"x", "stream/x"))
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    print("pair", near.send(b"x"), told(near.send, bytes(1 << 20)))
    if comes == "1":
        print(far.recv(10))
    far.close()
    print("without the other", told(near.send, b"x"), told(near.send, b"x"))


def drain(server):
    time.sleep(0.3)
    server.recv(10)


def full(count="11"):
    server, client, named = new("s"), new(peer="s"), new("o")
    for _ in range(int(count)):
        client.send(b"x")
    for sender in client.send, lambda data: named.sendto(data, "s"):
        client.setblocking(False)
        named.setblocking(False)
        print("full", told(sender, b"y"))
        client.settimeout(0.2)
        named.settimeout(0.2)
        print("in time", told(sender, b"y"))
        for s in client, named:
            s.setblocking(True)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 200000))
        begin = time.monotonic()
        print("time-out", told(sender, b"y"), 0.15 < time.monotonic() - begin < 3)
        for s in client, named:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 0))
        waits = threading.Thread(target=drain, args=(server,))
        waits.start()
        begin = time.monotonic()
        print("waits", told(sender, b"y"), 0.2 < time.monotonic() - begin < 3)
        waits.join()
        if not select.select([], [client], [], 0)[1]:
            continue
        print("room", client.send(b"x"))


def words(*each):
    server, client, free = new("s"), new(peer="s"), new()
    for word in each:
        print(client.send(word.encode()), end=" ")
    for word in each:
        print(free.sendto(word.encode(), "s"), end=" ")
    server.settimeout(0.3)
    data = b""
    while isinstance(data, bytes):
        data = told(server.recv, 100)
        print(data.decode() if isinstance(data, bytes) else "", end=" ")


def receive():
    server = new("s")
    new().sendto(b"x", "s")
    print(server.recv(10))


def packets():
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener, \
            socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as client:
        listener.bind("s")
        listener.listen()
        client.connect("s")
        with listener.accept()[0] as server:
            client.send(b"x")
            print(server.recv(10))


{"packets": packets, "sends": sends, "full": full, "words": words, "receive": receive}[sys.argv[1]](*sys.argv[2:])
