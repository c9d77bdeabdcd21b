"""The Note message of tester.proto by hand, so that no generated Python code is needed."""


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def note(text="", number=0, data=b""):
    out = b""
    if text:
        raw = text.encode()
        out += b"\x0a" + varint(len(raw)) + raw
    if number:
        out += b"\x10" + varint(number)
    if data:
        out += b"\x1a" + varint(len(data)) + data
    return out


def parse(raw):
    fields = {1: b"", 2: 0, 3: b""}
    i = 0

    def read():
        nonlocal i
        value = shift = 0
        while True:
            byte = raw[i]
            i += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while i < len(raw):
        key = read()
        value = read()
        if key & 7 == 2:
            value, i = raw[i:i + value], i + value
        fields[key >> 3] = value
    return fields[1].decode(), fields[2], fields[3]
