"""What senders push, made by hand: a `WriteRequest` as one block of snappy."""
import struct

STALE = struct.unpack("<d", struct.pack("<Q", 0x7FF0000000000002))[0]


def varint(x):
    out = b""
    x &= (1 << 64) - 1
    while x >= 0x80:
        out += bytes([x & 0x7F | 0x80])
        x >>= 7
    return out + bytes([x])


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def write_request(*series):
    """@param series ({label: value, …}, [(time in ms, value), …]), …; the name is the label `__name__`."""
    out = b""
    for labels, samples in series:
        one = b"".join(field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in sorted(labels.items()))
        for time_ms, value in samples:
            one += field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(time_ms))
        out += field(1, one)
    return out


def packed(plain):
    """One block of snappy that is as long as what is in it."""
    out = varint(len(plain))
    for at in range(0, len(plain), 60):
        piece = plain[at:at + 60]
        out += bytes([len(piece) - 1 << 2]) + piece
    return out


def push(api, token, *series, body=None):
    """(status, text) of the answer."""
    headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy",
               "X-Prometheus-Remote-Write-Version": "0.1.0"}
    if token:
        headers["Authorization"] = "Bearer " + token
    status, _, text = api.send("POST", "/api/v1/write", packed(write_request(*series)) if body is None else body, headers)
    return status, text if isinstance(text, str) else text.decode()
