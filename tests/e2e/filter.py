"""What an accepted connection has of its listener's filter (SO_ATTACH_FILTER).

  filter.py told      of filters that look at no ports: what is told, dropped, and comes once they are taken away
  filter.py dropped   of one that does: what is dropped, before and behind an outage
"""
import ctypes, errno, socket, struct, sys, time

libc = ctypes.CDLL(None, use_errno=True)
GET, DETACH, LOCK = 26, 27, 44  # of SOL_SOCKET
LDB, LDH, LD_LEN, LDB_X, TAX, SUB_X, RSH, LSH, JEQ, RET = 0x30, 0x28, 0x80, 0x50, 0x07, 0x1C, 0x74, 0x64, 0x15, 0x06
KEEP, DROP = (RET, 0, 0, 0xFFFFFFFF), (RET, 0, 0, 0)
ALL = [KEEP]
# Segments whose first byte is an x.
X = [(LDB, 0, 0, 12), (RSH, 0, 0, 4), (LSH, 0, 0, 2), (TAX, 0, 0, 0), (LD_LEN, 0, 0, 0), (SUB_X, 0, 0, 0), (JEQ, 2, 0, 0),
     (LDB_X, 0, 0, 0), (JEQ, 1, 0, ord("x")), KEEP, DROP]

def packed(filter):
    return b"".join(struct.pack("HBBI", *instruction) for instruction in filter)

def attach(s, filter):
    bytes = ctypes.create_string_buffer(packed(filter))
    s.setsockopt(socket.SOL_SOCKET, GET, struct.pack("HP", len(filter), ctypes.addressof(bytes)))

def told(s):
    count = ctypes.c_uint(100)
    bytes = ctypes.create_string_buffer(800)
    if libc.getsockopt(s.fileno(), socket.SOL_SOCKET, GET, bytes, ctypes.byref(count)) != 0:
        return errno.errorcode[ctypes.get_errno()]
    return bytes.raw[:8 * count.value].hex() or "none"

def tried(call, *arguments):
    try:
        return call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno] if error.errno else "nothing"

def connection(filter, lock):
    """The accepted end, the other end, the listener."""
    listener = socket.create_server(("127.0.0.1", 0))
    attach(listener, filter(listener.getsockname()[1]))
    listener.setsockopt(socket.SOL_SOCKET, LOCK, lock)
    near = socket.create_connection(listener.getsockname(), 20)
    accepted, _ = listener.accept()
    accepted.settimeout(0.5)
    return accepted, near, listener

def tell(filter, lock):
    accepted, near, _ = connection(lambda port: filter, lock)
    print(told(accepted), accepted.getsockopt(socket.SOL_SOCKET, LOCK))
    for bytes in b"hello", b"xyz":
        near.send(bytes)
        print(tried(accepted.recv, 10))
    print(tried(accepted.setsockopt, socket.SOL_SOCKET, DETACH, 0), told(accepted))
    if not lock:
        accepted.settimeout(20)
        near.send(b"end")
        print(tried(accepted.recv, 3))

def drop():
    look_at_port = lambda port: [(LDH, 0, 0, 2), (JEQ, 1, 0, port), DROP] + X
    begun = time.monotonic()
    accepted, near, _ = connection(look_at_port, 0)
    near.send(b"hello")
    accepted.settimeout(20)
    print(tried(accepted.recv, 5))
    time.sleep(max(0, 2 - (time.monotonic() - begun)))
    accepted.settimeout(0.5)
    near.send(b"xyz")
    print(tried(accepted.recv, 10))

if sys.argv[1] == "told":
    for filter in ALL, X:
        for lock in 0, 1:
            tell(filter, lock)
else:
    drop()
