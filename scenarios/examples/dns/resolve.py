"""resolve.py PORT NAME…: asks for both addresses of each name at once, as libc does, and again where no
answer comes. By what an answer is to, not by when it comes, it knows which question it is for."""
import socket
import sys

import message

TRIES = 5


def ask(client, question):
    try:
        client.send(question)
    except ConnectionRefusedError:  # so was an earlier one, of which this call is told: udp(7)
        client.send(question)


def take(client, waiting, found):
    """The answers that come before the time is up; others are passed over."""
    while waiting:
        try:
            came = client.recv(512)
        except TimeoutError:
            return
        except ConnectionRefusedError:  # the server is away for a moment
            continue
        kind = waiting.pop(message.number(came), None)
        if kind:
            found[kind] = message.address(came)


def resolve(client, text, first):
    waiting, found = {first: message.A, first + 1: message.AAAA}, {}
    for attempt in range(TRIES):
        for number, kind in waiting.items():
            ask(client, message.question(number, text, kind))
        take(client, waiting, found)
        if not waiting:
            return socket.inet_ntoa(found[message.A]), socket.inet_ntop(socket.AF_INET6, found[message.AAAA])
        print(f"{text}: once more", file=sys.stderr)
    sys.exit(f"{text}: no answer")


with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.connect(("127.0.0.1", int(sys.argv[1])))
    client.settimeout(0.3)
    for index, text in enumerate(sys.argv[2:]):
        print(text, *resolve(client, text, 2 * index + 1))
