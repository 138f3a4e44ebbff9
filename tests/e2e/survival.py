"""Programs for survival.sh, which lead the wire into difficulties.

  serve PORT             an echo server; tells how many bytes each connection brought, and how it ended
  ROLE PORT [ARG …]      one of the functions below whose name begins with do_
"""
import errno, hashlib, os, resource, select, socket, sys, threading, time

def tell(*words):
    print(*words, flush=True)

def name(error):
    return errno.errorcode.get(error, str(error)) if error else "0"

def call(port):
    s = socket.create_connection(("127.0.0.1", port))
    s.settimeout(60)
    return s

def raise_limit():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

# One loop: an echo of small things, for as many as come.
def do_serve(port):
    raise_limit()
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    listener.setblocking(False)
    loop = select.epoll()
    loop.register(listener, select.EPOLLIN)
    peers = {}
    while True:
        for fd, _ in loop.poll():
            if fd == listener.fileno():
                try:
                    while True:
                        s = listener.accept()[0]
                        peers[s.fileno()] = s
                        loop.register(s, select.EPOLLIN)
                except BlockingIOError:
                    continue
            try:
                data = peers[fd].recv(1 << 16)
                if data:
                    peers[fd].sendall(data)
                    continue
            except OSError as error:
                tell("broken", name(error.errno))
            loop.unregister(fd)
            peers.pop(fd).close()

# So many connects without waiting, as fast as they can be made, with so many under way or open at most; a byte there and
# back on each.
def do_burst(port, count, most):
    raise_limit()
    loop, waiting, count, most = select.epoll(), {}, int(count), int(most)
    begun = done = failed = 0
    while begun < count or waiting:
        while begun < count and len(waiting) < most:
            begun += 1
            s = socket.socket()
            s.setblocking(False)
            if s.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
                failed += 1
                continue
            waiting[s.fileno()] = s
            loop.register(s, select.EPOLLOUT)
        events = loop.poll(60)
        if not events:
            break
        for fd, event in events:
            s = waiting[fd]
            if event & select.EPOLLOUT and not s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                s.send(b"x")
                loop.modify(s, select.EPOLLIN)
                continue
            is_good = event & select.EPOLLIN and s.recv(10) == b"x"
            done, failed = done + bool(is_good), failed + (not is_good)
            loop.unregister(s)
            waiting.pop(fd).close()
    tell(done, "of", count, "failed", failed, "waiting", len(waiting))

# So many connections that are shut in one direction, all at once; the other direction goes on.
def do_halves(port, count):
    raise_limit()
    ends = []
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    for _ in range(int(count)):
        s = call(listener.getsockname()[1])
        ends.append((s, listener.accept()[0]))
    for near, _ in ends:
        near.sendall(b"last")
        near.shutdown(socket.SHUT_WR)
    good = sum(far.recv(10) == b"last" and far.recv(10) == b"" for _, far in ends)
    for _, far in ends:
        far.sendall(b"back")
    good += sum(near.recv(10) == b"back" for near, _ in ends)
    for _, far in ends:
        far.close()
    tell(good + sum(near.recv(10) == b"" for near, _ in ends))

# Dies: while it connects, in the midst of a transfer, half-closed, having closed with bytes unread.
def do_die(port, how):
    if how == "connecting":
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", port))
    else:
        s = call(port)
        s.sendall(b"x" * 100000)
        if how == "half":
            s.shutdown(socket.SHUT_WR)
        if how == "unread":
            time.sleep(0.3)
    os.kill(os.getpid(), 9)

def do_echo(port, text="hello"):
    s = call(port)
    s.sendall(text.encode())
    got = b""
    while len(got) < len(text) and (data := s.recv(100)):
        got += data
    tell(got.decode())

# Connects until no descriptor is left.
def do_few(port):
    resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
    kept = []
    try:
        while len(kept) < 100:
            kept.append(call(port))
    except OSError as error:
        tell(name(error.errno), len(kept))

# Sends to so many peers that never read as much as they let it; tells how much, and stays for a while.
def do_stuff(port, count, seconds):
    raise_limit()
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    ends, block, sent = [], b"x" * (1 << 18), 0
    for _ in range(int(count)):
        s = call(listener.getsockname()[1])
        ends.append((s, listener.accept()[0]))
        s.setblocking(False)
    end = time.monotonic() + float(seconds)
    while time.monotonic() < end:
        for near, _ in ends:
            try:
                sent += near.send(block)
            except BlockingIOError:
                pass
        time.sleep(0.01)
    tell(sent // len(ends) > 1 << 17)
    digest = hashlib.sha256()
    for near, far in ends: # nothing is lost meanwhile
        near.shutdown(socket.SHUT_WR)
        while data := far.recv(1 << 20):
            sent -= len(data)
    tell(sent)

# So many bytes one way, checked at the other end.
def do_pour(port, count):
    listener = socket.create_server(("127.0.0.1", 0))
    near = call(listener.getsockname()[1])
    far = listener.accept()[0]
    left, blocks = int(count), [os.urandom((1 << 20) - i) for i in range(4)]
    digests = [hashlib.blake2b(), hashlib.blake2b()]
    def send():
        rest, i = left, 0
        while rest > 0:
            data = memoryview(blocks[i % 4])[:rest]
            digests[0].update(data)
            near.sendall(data)
            rest -= len(data)
            i += 1
        near.shutdown(socket.SHUT_WR)
    sender = threading.Thread(target=send)
    sender.start()
    got = 0
    while data := far.recv(1 << 20):
        digests[1].update(data)
        got += len(data)
    sender.join()
    tell(got == left and digests[0].digest() == digests[1].digest())

# Many wait in reads until they are killed: an end that one of them sees leaves a file in the folder.
def do_wait(port, folder):
    listener = socket.create_server(("127.0.0.1", 0), backlog=200)
    for number in range(100):
        near = socket.create_connection(listener.getsockname())
        if os.fork() == 0:
            try:
                told = repr(near.recv(1))
            except OSError as error:
                told = name(error.errno)
            with open(f"{folder}/{os.getpid()}", "w") as file:
                file.write(told)
            break
    time.sleep(100)

globals()["do_" + sys.argv[1].replace("-", "_")](int(sys.argv[2]), *sys.argv[3:])
