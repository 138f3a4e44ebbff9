"""The little of DNS that both ends need. RFC 1035, section 4.1."""
import struct

A, AAAA = 1, 28


def name(text):
    return b"".join(bytes([len(part)]) + part.encode() for part in text.split(".")) + b"\0"


def question(number, text, kind):
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + name(text) + struct.pack("!2H", kind, 1)


def answer(asked, data):
    kind = struct.unpack("!H", asked[-4:-2])[0]
    return asked[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0) + asked[12:] + struct.pack("!3HIH", 0xC00C, kind, 1, 60, len(data)) + data


def number(message):
    return struct.unpack("!H", message[:2])[0]


def address(message):
    """The bytes behind their length, which is that of either kind of address."""
    return message[-16:] if message[-18:-16] == b"\0\x10" else message[-4:]
