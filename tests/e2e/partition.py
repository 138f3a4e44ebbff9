"""Programs for partition.sh.

  serve PORT                counts lines back and forth with each client; tells what it has heard at its end
  ROLE PORT [ARG …]         one of the functions below whose name begins with do_
"""
import contextlib, errno, os, select, socket, sys, threading, time

def tell(*words):
    print(*words, flush=True)

def name(error):
    return errno.errorcode.get(error, str(error)) if error else "0"

# Sends a number each 20 ms and reads those of the other end: how many came, in order, and the longest pause, in ms.
def talk(s, seconds):
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    last = now = time.monotonic()
    end, sent, data, longest = now + seconds, 0, b"", 0
    while now < end:
        if not select.select([s], [], [], 0.02)[0]:
            s.sendall(b"%d\n" % sent)
            sent += 1
        elif more := s.recv(1 << 16):
            data += more
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            s.sendall(b"%d\n" % sent)
            sent += 1
            time.sleep(0.02)
        else:
            break
        now = time.monotonic()
    s.shutdown(socket.SHUT_WR)
    while more := s.recv(1 << 16):
        data += more
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    lines = data.decode().split()
    return lines == [str(i) for i in range(len(lines))] and len(lines) > 10, "%d" % (longest * 1000)

def listen(port):
    s = socket.create_server(("127.0.0.1", port), backlog=4096)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return s

def do_serve(port, seconds="100"):
    s = listen(port)
    while True:
        c, peer = s.accept()
        threading.Thread(target=lambda c=c, peer=peer: tell("served", peer[1], *talk(c, float(seconds)))).start()

# Answers each client with its own port.
def do_greet(port):
    s = listen(port)
    while True:
        c, peer = s.accept()
        tell("greets", peer[1])
        c.sendall(b"%d" % peer[1])
        c.close()

def do_talk(port, seconds):
    s = socket.create_connection(("127.0.0.1", port))
    tell("talked", *talk(s, float(seconds)))

def do_connect(port, wait="0"):
    time.sleep(float(wait))
    began = time.monotonic()
    s = socket.socket()
    error = s.connect_ex(("127.0.0.1", port))
    took = (time.monotonic() - began) * 1000
    if error:
        tell(name(error), "%d" % took)
        return
    own = s.getsockname()[1]
    tell("connected", "%d" % took, s.recv(100).decode() == str(own), s.getpeername()[1] == port)

# Without waiting: nothing is ready for so long; then what readiness and SO_ERROR say, and when.
def do_poll(port, dark, wait="0"):
    time.sleep(float(wait))
    s = socket.socket()
    s.setblocking(False)
    edges = select.epoll()
    began = time.monotonic()
    result = s.connect_ex(("127.0.0.1", port))
    edges.register(s, select.EPOLLIN | select.EPOLLOUT | select.EPOLLRDHUP | select.EPOLLET)
    early = edges.poll(float(dark))
    again = s.connect_ex(("127.0.0.1", port))
    event = edges.poll(30)
    took = (time.monotonic() - began) * 1000
    error = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    tell(name(result), len(early), name(again), "%#x" % (event[0][1] if event else 0), name(error), "%d" % took)

# The kernel's own time-out of a connect.
def do_timeout(port, ms, wait="0"):
    time.sleep(float(wait))
    s = socket.socket()
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(ms))
    began = time.monotonic()
    tell(name(s.connect_ex(("127.0.0.1", port))), "%d" % ((time.monotonic() - began) * 1000))

# Gives up before it is over, again and again.
def do_give_up(port, times, wait="0"):
    time.sleep(float(wait))
    edges = select.epoll()
    for _ in range(int(times)):
        s = socket.socket()
        s.setblocking(False)
        s.connect_ex(("127.0.0.1", port))
        edges.register(s, select.EPOLLIN | select.EPOLLOUT)
        s.close()
    time.sleep(2.5)
    tell("events", len(edges.poll(0)))

# Dies in the midst of it.
def do_die(port, wait="0"):
    time.sleep(float(wait))
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(("127.0.0.1", port))
    os.kill(os.getpid(), 9)

# Listens, and stops to.
def do_deaf(port, seconds):
    s = listen(port)
    time.sleep(float(seconds))
    s.close()
    tell("deaf")
    time.sleep(100)

# A user's time-out while nothing passes, after an exchange.
def do_silence(port, ms):
    s = socket.create_connection(("127.0.0.1", port))
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(ms))
    s.settimeout(20)
    data = s.recv(10)
    open(os.environ["CUT"], "w").close()
    time.sleep(0.2)
    s.sendall(b"x")
    began = time.monotonic()
    try:
        while s.recv(100):
            pass
        tell("end")
    except OSError as error:
        tell(name(error.errno), "%d" % ((time.monotonic() - began) * 1000))

# Datagrams with a name and a number, one each 20 ms, to all that have sent one: how many came of each, whether in
# order, and how long each gap in their numbers is that is no accident.
def exchange(s, own, peers, seconds):
    end, sent, heard = time.monotonic() + seconds, 0, {}
    s.settimeout(0.02)
    while (now := time.monotonic()) < end:
        for peer in peers:
            with contextlib.suppress(ConnectionRefusedError, FileNotFoundError): # it is not there yet, or no more
                s.sendto(b"%s %d" % (own.encode(), sent), peer)
        sent += 1
        while (left := now + 0.02 - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                data, peer = s.recvfrom(100)
            except TimeoutError:
                break
            except ConnectionRefusedError:
                continue
            peers.add(peer)
            who, number = data.decode().split()
            heard.setdefault(who, []).append(int(number))
    for who, numbers in sorted(heard.items()):
        gaps = [after - before - 1 for before, after in zip(numbers, numbers[1:])]
        tell(who, len(numbers), numbers == sorted(set(numbers)), *[gap for gap in gaps if gap > 10])

def do_udp_serve(port, seconds):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", port))
        exchange(s, "server", set(), float(seconds))

def do_udp_talk(port, own, seconds, is_connected=""):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        if is_connected:
            s.connect(("127.0.0.1", port))
        exchange(s, own, {("127.0.0.1", port)}, float(seconds))

# The same between Unix sockets.
def do_gram_serve(port, path, seconds):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path)
        exchange(s, "server", set(), float(seconds))

def do_gram_talk(port, path, own, seconds):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(path + own)
        exchange(s, own, {path}, float(seconds))

# What comes by a Unix socket while the file is there, and when it has gone.
def do_unix_serve(port, path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen()
    while True:
        c = s.accept()[0]
        while data := c.recv(100):
            c.sendall(data)

def do_unix(port, path, cut):
    open(cut, "w").close()
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    s.settimeout(0.5)
    s.sendall(b"hello")
    try:
        tell(s.recv(10))
    except TimeoutError:
        tell("silence")
    os.unlink(cut)
    s.settimeout(20)
    tell(s.recv(10))

globals()["do_" + sys.argv[1].replace("-", "_")](int(sys.argv[2]), *sys.argv[3:])
