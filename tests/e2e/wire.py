"""Programs for wire.sh: an echo server, and clients that tell what a connection did to them.

  serve PORT [HOST]      an echo server; a line on stdout for each connection that has ended
  CLIENT PORT [HOST …]   one of the functions below whose name begins with do_
"""
import errno, fcntl, hashlib, os, select, socket, struct, sys, threading, time

def elapsed(since):
    return (time.monotonic() - since) * 1000

def name(error):
    return errno.errorcode.get(error, str(error))

def tell(*words):
    sys.stdout.write(" ".join(map(str, words)) + "\n")  # in one piece: threads say, too
    sys.stdout.flush()

def of_family(host):
    return socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)

def serve(port, host="127.0.0.1"):
    s = of_family(host)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.bind((host, port))
    s.listen(4096)
    def one(c, peer):
        got, end = 0, "FIN"
        try:
            while data := c.recv(1 << 18):
                got += len(data)
                c.sendall(data)
        except OSError as error:
            end = name(error.errno)
        c.close()
        tell(end, got, peer[1])
    while True:
        c, peer = s.accept()
        threading.Thread(target=one, args=(c, peer), daemon=True).start()

def call(port, host="127.0.0.1"):
    s = of_family(host)
    s.connect((host, port))
    s.settimeout(20)
    return s

def receive(s, count):
    data = b""
    while len(data) < count and (more := s.recv(count - len(data))):
        data += more
    return data

# How long the connect took, and a round trip, in ms; the names of both ends.
def do_times(port, host="127.0.0.1"):
    began = time.monotonic()
    s = call(port, host)
    connected = elapsed(began)
    began = time.monotonic()
    s.sendall(b"hello")
    data = receive(s, 5)
    tell("%d %d %s" % (connected, elapsed(began), data.decode()))
    tell(s.getsockname()[1], s.getpeername()[1], s.getsockname()[0], s.getpeername()[0])

# What connect meets, however often.
def do_connects(port, times="1", host="127.0.0.1"):
    for _ in range(int(times)):
        began = time.monotonic()
        try:
            call(port, host).close()
            tell("connected")
        except OSError as error:
            tell(name(error.errno), "%d" % elapsed(began))

# The same without waiting: what readiness and SO_ERROR say.
def do_readiness(port, host="127.0.0.1"):
    s = of_family(host)
    s.setblocking(False)
    edges = select.epoll()
    began = time.monotonic()
    result = s.connect_ex((host, port))
    edges.register(s, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)
    event = edges.poll(10)
    waited = elapsed(began)
    again = edges.poll(0.05)
    error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    tell(name(result), "%#x" % event[0][1], len(again), name(error) if error else "0", "%d" % waited)

# What each read of an echo gave, until it ends.
def do_reads(port, text="abcdefghij", host="127.0.0.1"):
    s = call(port, host)
    s.sendall(text.encode())
    sizes, left = [], len(text)
    try:
        while left:
            time.sleep(0.01)
            data = s.recv(1000)
            if not data:
                sizes.append("FIN")
                break
            sizes.append(data.decode("latin1"))
            left -= len(data)
    except OSError as error:
        sizes.append(name(error.errno))
    tell(*sizes)

# The same of so many connections, one after the other.
def do_row(port, count, host="127.0.0.1"):
    for _ in range(int(count)):
        try:
            do_reads(port, host=host)
        except OSError as error:
            tell(name(error.errno))

# What further connects of one socket say, once its connection stands; the switch is set then.
def do_connected(port, switch, host="127.0.0.1"):
    for waits in (True, False):
        s = of_family(host)
        s.setblocking(waits)
        s.connect_ex((host, port))
        select.select([], [s], [], 20)
        open(switch, "w").close()
        tell(*(name(s.connect_ex((host, port))) for _ in range(2)))
        os.unlink(switch)
        s.close()

# Connects that wait for 300 ms each, on one socket: what they say, and how long the last took.
def do_impatient(port, host="127.0.0.1"):
    s = of_family(host)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 300000))
    said = []
    for _ in range(3):
        began = time.monotonic()
        said.append(name(s.connect_ex((host, port))))
    tell(*said, "%d" % elapsed(began))

# Sends a text in two parts and waits; then all that comes until the end.
def do_parts(port, pause="0.3", host="127.0.0.1"):
    s = call(port, host)
    got = b""
    try:
        s.sendall(b"first ")
        got += receive(s, 6)
        began = time.monotonic()
        time.sleep(float(pause))
        s.sendall(b"second")
        got += receive(s, 6)
        tell(got.decode(), "%d" % elapsed(began))
        s.shutdown(socket.SHUT_WR)
        tell("end", s.recv(10))
    except OSError as error:
        tell(got.decode(), name(error.errno))

# Makes a file once the connection is used, and waits.
def do_switch(port, path, host="127.0.0.1"):
    s = call(port, host)
    s.sendall(b"hello")
    receive(s, 5)
    open(path, "w").close()
    try:
        tell(s.recv(1))
    except OSError as error:
        tell(name(error.errno))

# A user's time-out while nothing passes.
def do_silence(port, host="127.0.0.1"):
    s = call(port, host)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 600)
    s.sendall(b"hello")
    receive(s, 5)
    time.sleep(0.8)
    began = time.monotonic()
    s.sendall(b"x")
    try:
        tell(s.recv(1), "%d" % elapsed(began))
    except OSError as error:
        tell(name(error.errno), "%d" % elapsed(began))

# Bytes there and back, checksummed, in both directions at once.
def do_bulk(port, count, host="127.0.0.1"):
    s, count = call(port, host), int(count)
    blocks = [os.urandom((1 << 18) - i) for i in range(5)]
    sent, got = hashlib.blake2b(), hashlib.blake2b()
    def send():
        left, turn = count, 0
        while left:
            block = blocks[turn % 5][:left]
            s.sendall(block)
            sent.update(block)
            left -= len(block)
            turn += 1
        s.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    began = time.monotonic()
    sender.start()
    total = 0
    while data := s.recv(1 << 18):
        got.update(data)
        total += len(data)
    sender.join()
    tell("same" if total == count and got.digest() == sent.digest() else "differs", "%d" % elapsed(began))

# One event loop, two connections: the median round trip of the second.
def do_loop(port, slow, host="127.0.0.1"):
    first, second = call(int(slow), host), call(port, host)
    poll = select.poll()
    poll.register(first, select.POLLIN)
    poll.register(second, select.POLLIN)
    times, began = [], time.monotonic()
    first.sendall(b"x")
    second.sendall(b"y")
    sent = time.monotonic()
    slow_ms = 0
    while len(times) < 2000 or not slow_ms:
        for fd, _ in poll.poll():
            if fd == first.fileno():
                first.recv(1)
                slow_ms = slow_ms or elapsed(began)
            else:
                second.recv(1)
                times.append(elapsed(sent))
                second.sendall(b"y")
                sent = time.monotonic()
    times.sort()
    tell("%d %.4f" % (slow_ms, times[len(times) // 2]))

# The connection is used by a child, by another process that was sent it, and by sendfile.
def do_hands(port, host="127.0.0.1"):
    s = call(port, host)
    s.setblocking(True)
    names = s.getsockname(), s.getpeername()
    if os.fork() == 0:
        s.sendall(b"child")
        tell("child", receive(s, 5).decode(), (s.getsockname(), s.getpeername()) == names)
        os._exit(0)
    os.wait()
    left, right = socket.socketpair()
    socket.send_fds(left, [b"x"], [s.fileno()])
    if os.fork() == 0:
        s.close()
        passed = socket.socket(fileno=socket.recv_fds(right, 1, 1)[1][0])
        passed.sendall(b"passed")
        tell("passed", receive(passed, 6).decode(), (passed.getsockname(), passed.getpeername()) == names)
        os._exit(0)
    os.wait()
    double = socket.socket(fileno=os.dup(s.fileno()))
    tell("double", (double.getsockname(), double.getpeername()) == names)
    with open(__file__, "rb") as file:
        count = os.sendfile(s.fileno(), file.fileno(), 0, 1000)
        file.seek(0)
        tell("sendfile", receive(s, count) == file.read(count))

# Where the urgent byte lies: that of a client at a server that both run here.
def do_urgent(port, host="127.0.0.1"):
    listener = of_family(host)
    listener.bind((host, port))
    listener.listen()
    s = call(port, host)
    c, _ = listener.accept()
    s.sendall(b"before")
    s.send(b"!", socket.MSG_OOB)
    s.sendall(b"after")
    poll = select.poll()
    poll.register(c, select.POLLPRI)
    tell(bool(poll.poll(5000)[0][1] & select.POLLPRI), c.recv(1, socket.MSG_OOB))
    tell(receive(c, 6), receive(c, 5))

# The same in the midst of much, of which the server reads nothing at first.
def do_urgent_amid(port, count, host="127.0.0.1"):
    listener = of_family(host)
    listener.bind((host, port))
    listener.listen()
    s, count = call(port, host), int(count)
    c, _ = listener.accept()
    def send():
        for text in b"b" * count, b"!", b"a" * count:
            s.send(text, socket.MSG_OOB) if text == b"!" else s.sendall(text)
        s.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    time.sleep(0.3)
    got, marked, urgent = bytearray(), [], b""
    def ask(request):
        return struct.unpack("i", fcntl.ioctl(c, request, b"1234"))[0]
    def read():
        if ask(0x541B) < 1 << 16 and sender.is_alive(): # SIOCINQ: who has read all may step over a mark that comes
            time.sleep(0.01)
        return c.recv(1 << 16)
    while data := read():
        got += data
        if ask(0x8905): # SIOCATMARK
            marked.append(len(got))
            urgent = c.recv(1, socket.MSG_OOB)
    sender.join()
    tell(marked == [count], urgent, got == b"b" * count + b"a" * count)

# A server whose connections inherit what its listener has, and an unwrapped client.
def do_inherit(port, host="127.0.0.1"):
    options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1), (socket.SOL_SOCKET, socket.SO_RCVBUF, 20000),
               (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1), (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 77),
               (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 12345), (socket.IPPROTO_IP, socket.IP_TOS, 16)]
    listener = of_family(host)
    for level, option, value in options:
        listener.setsockopt(level, option, value)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 3, 0))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 7))
    listener.bind((host, port))
    listener.listen()
    tell("up")
    c, peer = listener.accept()
    tell(*[c.getsockopt(level, option) for level, option, _ in options],
         struct.unpack("ll", c.getsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, 16)),
         struct.unpack("ii", c.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, 8)))
    tell(c.getpeername() == peer, c.getsockname() == (host, port), os.get_inheritable(c.fileno()), c.fileno())

# A client that comes from an address of its own.
def do_bound(port, own, host="127.0.0.1"):
    s = of_family(host)
    s.bind((own.rsplit(":", 1)[0], int(own.rsplit(":", 1)[1])))
    s.connect((host, port))
    s.sendall(b"hello")
    tell(receive(s, 5).decode(), *s.getsockname()[:2], s.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR))

# Many at once, each used once all stand.
def do_many(port, count, host="127.0.0.1"):
    all = []
    for _ in range(int(count)):
        s = of_family(host)
        s.setblocking(False)
        s.connect_ex((host, port))
        all.append(s)
    for s in all:
        s.settimeout(30)
        s.sendall(b"x")
    tell(sum(s.recv(1) == b"x" for s in all))

# Resets as the program makes them: SO_LINGER 0.
def do_abort(port, host="127.0.0.1"):
    s = call(port, host)
    s.sendall(b"hello")
    receive(s, 5)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()

# A connect that is shut before it is looked at.
def do_abandon(port, host="127.0.0.1"):
    s = of_family(host)
    s.setblocking(False)
    s.connect_ex((host, port))
    s.close()

# Connections whose bytes a reset of the program's follows at once.
def do_leave(port, count, host="127.0.0.1"):
    for _ in range(int(count)):
        s = call(port, host)
        s.sendall(b"hello")
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.close()

# How connections end that a listener with the shortest of time-outs accepts.
def do_accepts(port, count, host="127.0.0.1"):
    listener = socket.create_server((host, port))
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", 0, 1))
    for _ in range(int(count)):
        ends = call(port, host), listener.accept()[0]
        said = []
        for end in ends:
            try:
                said.append(end.recv(10))
            except OSError as error:
                said.append(name(error.errno))
        tell(*said)

# Both ends of a Unix stream: names, processes, a descriptor that is passed along.
def do_unix(port, path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    def process(s):
        return struct.unpack("iii", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0] == os.getpid()
    s = socket.socket(socket.AF_UNIX)
    began = time.monotonic()
    s.connect(path)
    c, peer = listener.accept()
    tell(s.getpeername() == path, repr(s.getsockname()), process(s), c.getsockname() == path, repr(peer),
         repr(c.getpeername()), process(c))
    inside, outside = os.pipe()
    socket.send_fds(s, [b"hello"], [outside])
    data, fds, _, _ = socket.recv_fds(c, 100, 5)
    os.write(fds[0], b"passed")
    tell(data, len(fds), os.read(inside, 100))
    c.sendall(data + receive(c, 5 - len(data)))
    data = receive(s, 5)
    s.shutdown(socket.SHUT_WR)
    tell(data, "%d" % elapsed(began))
    s.close()
    try:
        while True:
            c.sendall(b"x")
            time.sleep(0.01)
    except OSError as error:
        tell(name(error.errno))

# Descriptors that come along with who sent them.
def do_credentials(port, path):
    listener = socket.socket(socket.AF_UNIX)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    listener.bind(path)
    listener.listen()
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    c, _ = listener.accept()
    s.sendmsg([b"hello"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", 1))])
    data, told, _, _ = c.recvmsg(100, 1000)
    tell(data, *sorted(kind for _, kind, _ in told))

def unix_pair(path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    c, _ = listener.accept()
    return s, c

# One that waits for room, or could just send, is told that its peer reads no more.
def do_shut(port, path, most):
    s, c = unix_pair(path)
    if os.fork() == 0:
        try:
            s.sendall(bytes(int(most)))
            for _ in range(100): # the first may be on its way yet
                time.sleep(0.1)
                s.sendall(b"x")
        except OSError as error:
            tell(name(error.errno))
        os._exit(0)
    time.sleep(1)
    c.shutdown(socket.SHUT_RD)
    os.wait()

# Each descriptor is passed once, however close it comes behind other bytes.
def do_descriptors(port, path):
    s, c = unix_pair(path)
    COUNT = 3000
    if os.fork() == 0:
        for _ in range(COUNT):
            s.sendall(b"z" * 100)
            socket.send_fds(s, [b"with one"], [0])
            s.recv(1) # so that the wire meets nothing of the next
        os._exit(0)
    s.close()
    passed = got = 0
    while True:
        data, fds, _, _ = socket.recv_fds(c, 1000, 10)
        if not data:
            break
        got += len(data)
        passed += len(fds)
        for fd in fds:
            os.close(fd)
        if got % 108 == 0:
            c.send(b"x")
    tell(got == 108 * COUNT, passed - COUNT)

# Can it send again, once its peer has read what fills its buffer?
def do_narrow(port, path):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()
    s = socket.socket(socket.AF_UNIX)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
    s.connect(path)
    c, _ = listener.accept()
    for _ in range(3):
        s.sendall(b"x" * 700)
        time.sleep(0.05)
        receive(c, 700)
        poll = select.poll()
        poll.register(s, select.POLLOUT)
        tell(len(poll.poll(5000)))

# One datagram.
def do_datagram(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.sendto(b"x", ("127.0.0.1", port))

# The kernel's own idea of the peer's port: that of a wired connection is another.
def do_kernel(port, host="127.0.0.1"):
    s = call(port, host)
    inode = os.fstat(s.fileno()).st_ino
    for line in open("/proc/net/tcp").readlines()[1:]:
        fields = line.split()
        if int(fields[9]) == inode:
            tell(int(fields[2].split(":")[1], 16) == port)

def main():
    command, arguments = sys.argv[1], sys.argv[3:]
    function = serve if command == "serve" else globals()["do_" + command]
    function(int(sys.argv[2]), *arguments)

main()
