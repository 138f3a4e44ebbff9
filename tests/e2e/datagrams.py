"""Peers that talk in datagrams.

    serve PORT [HOST]     answer each datagram by "re:" and its bytes, and say what came
    ask KIND PORT WORD…   send each word, then print what comes back until nothing has for SF_WAIT
                          (0.3) seconds, with milliseconds and sender. KIND: c connected, u not; 6 over
                          IPv6, b bound first
    calls HOST            calls of many kinds on what comes in and goes out: what each gives
    crowd PORT COUNT WORD…  so many sockets send each word, each in turn; then, of each, what came back
                          and when; none: it was not its own, or not from the server
    sockets PORT WORD…    two sockets with a peer, and one without, send each word; then likewise
    sends PORT HOST       four in a row from a socket with a peer, and what each send gives
    each COUNT            one from each of as many sockets, and how many of them came
    many PORT COUNT       as many datagrams as that there and back, one by one: how long each took
    restart PORT          a server that is killed and started again
    shared PORT           a port that the program shares; pair: a pair of Unix sockets"""
import ctypes
import errno
import fcntl
import os
import select
import socket
import struct
import sys
import termios
import time

WAIT = float(os.environ.get("SF_WAIT", "0.3"))


def udp(host):
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)


def serve(port, host="127.0.0.1"):
    with udp(host) as server:
        server.bind((host, int(port)))
        print("ready", flush=True)
        while True:
            data, peer = server.recvfrom(65536)
            print(data.decode("latin-1"), flush=True)
            server.sendto(b"re:" + data, peer)


def receive_all(client):
    begin = time.monotonic()
    client.settimeout(WAIT)
    try:
        while True:
            data, peer = client.recvfrom(65536)
            yield data.decode("latin-1"), int((time.monotonic() - begin) * 1000), peer
    except TimeoutError:
        pass


def ask(kind, port, *words):
    host = "::1" if "6" in kind else "127.0.0.1"
    with udp(host) as client:
        if "b" in kind:
            client.bind((host, 0))
        if "u" not in kind:
            client.connect((host, int(port)))
        for word in words:
            if "u" in kind:
                client.sendto(word.encode(), (host, int(port)))
            else:
                client.send(word.encode())
        for text, took, peer in receive_all(client):
            print(text, took, peer[:2] == (host, int(port)))


def many(port, count):
    with udp("127.0.0.1") as client:
        client.connect(("127.0.0.1", int(port)))
        client.settimeout(5)
        begin = time.monotonic()
        for i in range(int(count)):
            client.send(b"%d" % i)
            assert client.recv(100) == b"re:%d" % i
        print(int((time.monotonic() - begin) / int(count) * 1e6))


def send_all(clients, port, words):
    for word in words:
        for i, client in enumerate(clients):
            client.sendto(b"%s%d" % (word.encode(), i), ("127.0.0.1", int(port)))


def tell_what_comes(clients, port, begin):
    came, last = {client: [] for client in clients}, time.monotonic()
    while (now := time.monotonic()) - last < WAIT:
        for client in select.select(clients, [], [], WAIT)[0]:
            data, peer = client.recvfrom(1000)
            last = time.monotonic()
            is_own = data.endswith(b"%d" % clients.index(client)) and peer == ("127.0.0.1", int(port))
            came[client].append((data[3:-1].decode() if is_own else "?", int((last - begin) * 1000)))
    for texts in came.values():
        print(",".join(text for text, _ in texts) or "-", *(took for _, took in texts))


def crowd(port, count, *words):
    clients = [udp("127.0.0.1") for _ in range(int(count))]
    begin = time.monotonic()
    send_all(clients, port, words)
    tell_what_comes(clients, port, begin)


def sockets(port, *words):
    clients = [udp("127.0.0.1") for _ in range(3)]
    for client in clients[:2]:
        client.connect(("127.0.0.1", int(port)))
    begin = time.monotonic()
    send_all(clients, port, words)
    tell_what_comes(clients, port, begin)


def each(count):
    with udp("127.0.0.1") as server:
        server.bind(("127.0.0.1", 0))
        clients = [udp("127.0.0.1") for _ in range(int(count))]
        for client in clients:
            client.sendto(b"x", server.getsockname())
        print(len(list(receive_all(server))))


def told(call, *arguments):
    """What it gives, or its error."""
    try:
        return call(*arguments)
    except OSError as error:
        return type(error).__name__, error.errno


def calls_on_what_comes(server, client, host, port):
    me = client.getsockname()[:2]
    epoll = select.epoll()
    epoll.register(server.fileno(), select.EPOLLIN | select.EPOLLET)
    print("nothing", epoll.poll(0))
    for data in b"hello", b"", b"x" * 1000, b"trunc" * 10, b"peek", b"z" * 60000:
        client.sendto(data, (host, port))
    print("edge", [events for _, events in epoll.poll(5)])
    time.sleep(0.3)
    print("unread", struct.unpack("i", fcntl.ioctl(server, termios.FIONREAD, bytes(4)))[0])
    data, control, flags, peer = server.recvmsg(100, 200)
    print(data, [(level, kind, content[-12:]) for level, kind, content in control][:1], flags, peer[:2] == me)
    print("empty", server.recvfrom(10)[0])
    print("long", len(server.recv(2000)))
    data, _, flags, peer = server.recvmsg(7)
    print(data, flags == socket.MSG_TRUNC, peer[:2] == me)
    for flags in socket.MSG_PEEK, 0:
        data, peer = server.recvfrom(10, flags)
        print(data, peer[:2] == me)
    parts = [bytearray(10), bytearray(70000)]
    count, _, flags, peer = server.recvmsg_into(parts)
    print(count, bytes(parts[0]), flags, peer[:2] == me)
    print("none left", told(server.recv, 10, socket.MSG_DONTWAIT))
    server.settimeout(0.1)
    print("time-out", told(server.recv, 10))
    server.settimeout(5)


def calls_with_a_peer(server, client, other, host, port):
    me = client.getsockname()[:2]
    server.connect(me)
    print("names", server.getpeername()[:2] == me, server.getsockname()[1] == port)
    client.sendto(b"from the peer", (host, port))
    print(server.recvfrom(100)[0])
    print(server.send(b"back"), client.recvfrom(10)[0])
    other.sendto(b"from another", (host, port))
    server.settimeout(0.3)
    print("another", told(server.recv, 10))
    server.settimeout(5)
    client.close()
    print("to nobody", server.send(b"1"), told(server.recv, 10))
    poll = select.poll()
    poll.register(server, select.POLLIN)
    print(server.send(b"1"), [events for _, events in poll.poll(5000)],
          server.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
    print("left", ctypes.CDLL(None).connect(server.fileno(), bytes(16), 16), told(server.getpeername),
          server.getsockname()[1] == port)
    other.sendto(b"free", (host, port))
    print(server.recv(10))


def calls(host):
    everywhere = "::" if ":" in host else "0.0.0.0"
    client, other = udp(host), udp(host)
    client.bind((host, 0))
    server = udp(host)
    server.bind((everywhere, 0))
    if ":" in host:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    else:
        server.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
    port = server.getsockname()[1]
    calls_on_what_comes(server, client, host, port)
    child = os.fork()
    if child == 0:  # it has the socket as well
        server.close()
        os._exit(0)
    os.waitpid(child, 0)
    client.sendto(b"still there", (host, port))
    print(server.recv(100))
    server.close()
    server = udp(host)
    server.bind((everywhere, port))
    print("bound anew")
    client.sendto(b"again", (host, port))
    print(server.recv(10))
    calls_with_a_peer(server, client, other, host, port)
    for size in 65507, 65508, 65528:
        print(size, told(other.sendto, bytes(size), (host, port)))
    other.shutdown(socket.SHUT_RDWR) if told(other.connect, (host, port)) is None else None
    print("shut", told(other.send, b"x"))
    print("no address", told(other.sendto, b"x", ("255.255.255.255" if ":" not in host else "::", 0)))


def restart(port):
    """A server that is killed and started again at once, at the same port."""
    for _ in range(30):
        ready, tell = os.pipe()
        child = os.fork()
        if child == 0:
            server = udp("127.0.0.1")
            os.write(tell, repr(told(server.bind, ("127.0.0.1", int(port)))).encode())
            server.recv(10)
        said = os.read(ready, 100)
        os.kill(child, 9)
        os.waitpid(child, 0)
        if said != b"None":
            print(said)
    print("restarted")


def shared(port):
    with udp("127.0.0.1") as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        server.bind(("127.0.0.1", int(port)))


def sends(port, host):
    with udp(host) as client:
        client.connect((host, int(port)))
        gave = []
        for _ in range(4):
            try:
                gave.append(client.send(b"x"))
            except OSError as error:
                gave.append(errno.errorcode[error.errno])
        print(*gave)


def pair():
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.send(b"x")
    print(far.recv(1))


{"serve": serve, "ask": ask, "crowd": crowd, "sockets": sockets, "each": each, "calls": calls, "many": many, "restart": restart, "shared": shared, "sends": sends, "pair": pair}[sys.argv[1]](*sys.argv[2:])
