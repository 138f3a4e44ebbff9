"""What an accepted connection has of its listener: each socket option that can be set and told.

  inherit.py KIND    KIND: inet, inet6 (::1), any6 (::), unix

An accepted socket tells all; then, one option at a time, a listener is given another value than the
usual one, and the socket that it accepts is asked for it. One line each: LEVEL NAME [VALUE] TOLD.
"""
import errno, socket, struct, sys

FAMILY = {"inet": socket.AF_INET, "inet6": socket.AF_INET6, "any6": socket.AF_INET6, "unix": socket.AF_UNIX}
NAME = {"inet": ("127.0.0.1", 0), "inet6": ("::1", 0), "any6": ("::", 0), "unix": ""}  # "": one that is free
MOST = {socket.SOL_SOCKET: 100, socket.IPPROTO_IP: 80, socket.IPPROTO_IPV6: 90, socket.IPPROTO_TCP: 60}

# What tells of the moment, or of the peer: see limits.md for the rest.
OWN = {
    socket.SOL_SOCKET: {17, 49, 55, 57, 77},           # PEERCRED, INCOMING_CPU, MEMINFO, COOKIE, PEERPIDFD
    socket.IPPROTO_IP: {33, 52},                       # MULTICAST_TTL, PROTOCOL (tells the port)
    socket.IPPROTO_IPV6: {17, 18, 54, 55, 57, 59},     # MULTICAST_IF, _HOPS, extension headers
    socket.IPPROTO_TCP: {11, 19, 24, 26, 28, 30, 37},  # INFO, REPAIR, TIMESTAMP, CC_INFO, SAVED_SYN, FASTOPEN_CONNECT, TX_DELAY
}
OWN[socket.SOL_SOCKET] |= {25, 62}                     # BINDTODEVICE, BINDTOIFINDEX

# What TCP sizes for each connection by what it remembers of the route (tcp_init_metrics), until it is set.
TUNED = {(socket.SOL_SOCKET, socket.SO_SNDBUF)}

def levels(kind):
    if kind == "unix":
        return [socket.SOL_SOCKET]
    common = [socket.SOL_SOCKET, socket.IPPROTO_IP, socket.IPPROTO_TCP]
    return common if kind == "inet" else common + [socket.IPPROTO_IPV6]

def tell(s, level, name):
    try:
        return s.getsockopt(level, name, 128).hex()
    except OSError as error:
        return errno.errorcode[error.errno]

def accepted(kind, prepare):
    """The accepted one of a connection to a listener with something set; the three sockets."""
    listener, near = socket.socket(FAMILY[kind]), socket.socket(FAMILY[kind])
    listener.bind(NAME[kind])
    prepared = prepare(listener)
    if not prepared:
        return None
    listener.listen()
    near.settimeout(20)
    listener.settimeout(20)
    name = listener.getsockname()
    near.connect(("::1", name[1]) if kind == "any6" else name)
    fd, _ = listener._accept()  # accept() itself sets whether it waits
    return socket.socket(fileno=fd), near, listener

VALUES = [*(struct.pack("i", value) for value in (1, 2, 0, 7, 3, 100, 1000)),
          *(struct.pack("bb", one, two) for one, two in ((1, 0), (2, 0))),
          struct.pack("ll", 5, 0), struct.pack("ii", 1, 7), struct.pack("ii", 11, 0), struct.pack("q", 100000),
          struct.pack("HH", 40000, 50000), b"reno"]

def try_value(kind, level, name, value):
    """Does the option take it?"""
    def prepare(listener):
        before = tell(listener, level, name)
        try:
            listener.setsockopt(level, name, value)
        except OSError:
            return False
        return tell(listener, level, name) != before
    sockets = accepted(kind, prepare)
    if not sockets:
        return False
    print(level, name, value.hex(), tell(sockets[0], level, name))
    for s in sockets:
        s.close()
    return True

def options(kind):
    return [(level, name) for level in levels(kind) for name in range(1, MOST[level]) if name not in OWN[level]]

def main(kind):
    plain = accepted(kind, lambda listener: True)
    for level, name in options(kind):
        if kind == "unix" or (level, name) not in TUNED:
            print(level, name, tell(plain[0], level, name))
    for level, name in options(kind):
        any(try_value(kind, level, name, value) for value in VALUES)

main(sys.argv[1])
