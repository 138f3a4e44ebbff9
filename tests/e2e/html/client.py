"""COUNT connections to a server at PORT, some at a time; each asks for a number of bytes and reads them."""
import socket
import sys
import threading
import time

port, count = int(sys.argv[1]), int(sys.argv[2])
failed = []


def work(number):
    size = 200 + 977 * (number % 9)
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as peer:
            peer.sendall(b"%d\n" % size)
            got = 0
            while data := peer.recv(4096):
                got += len(data)
            if got != 6 * size:
                raise OSError(f"an answer of {got} bytes")
    except OSError as error:
        print(f"client {number}: {error}", file=sys.stderr)
        failed.append(number)


threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
for number, thread in enumerate(threads):
    thread.start()
    if count <= 20:
        time.sleep(0.005)  # so that connections are numbered as they are here
    elif number >= 40:
        threads[number - 40].join()
for thread in threads:
    thread.join()
sys.exit(bool(failed))
