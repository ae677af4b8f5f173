"""What lies in the memory of a running process. Asks for root: nobody else may look into a node."""


def pieces(pid):
    """Every part that the process may write to, as bytes."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            begin, end = (int(x, 16) for x in span.split("-"))
            try:
                memory.seek(begin)
                yield memory.read(end - begin)
            except OSError:
                pass  # It is gone since.


def held(pid, secrets):
    """Those of {kind: secret as text or bytes} that are found, in whole or but for their beginning.

    But for that: the allocator itself writes on the first 16 bytes of what it gets back, which wipes nothing.
    """
    ends = {kind: (x.encode() if isinstance(x, str) else x)[16:] for kind, x in secrets.items()}
    for kind, end in ends.items():
        assert len(end) >= 16, f"too short to be found for sure: {kind}"
    found = set()
    for piece in pieces(pid):
        found |= {kind for kind, end in ends.items() if end in piece}
    return found
