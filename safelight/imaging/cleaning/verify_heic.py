"""Verify, HEIC: every box is expected, every item is a picture, every byte belongs to one."""

from collections.abc import Iterator

from safelight.imaging.cleaning.verify_icc import check_profile, require

INSIDE = (b"hdlr", b"pitm", b"iinf", b"iref", b"iprp", b"idat", b"iloc")
HANDLER = bytes(8) + b"pict" + bytes(13)
ALPHA = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0", b"urn:mpeg:hevc:2015:auxid:1\0")
SIZES = {b"ispe": 12, b"irot": 1, b"imir": 1}


def _walk(data: bytes, place: int = 0) -> Iterator[tuple[bytes, int, int]]:
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        require(size >= 8 and place + size <= len(data))
        yield data[place + 4 : place + 8], place + 8, place + size
        place += size


def _check_sets(body: bytes) -> None:
    require(len(body) > 22 and body[0] == 1)
    place = 23
    for _ in range(body[22]):
        require(body[place] & 63 in (32, 33, 34))
        count = int.from_bytes(body[place + 1 : place + 3], "big")
        place += 3
        for _ in range(count):
            size = int.from_bytes(body[place : place + 2], "big")
            require(body[place + 2] >> 1 & 63 in (32, 33, 34))
            place += 2 + size
    require(place == len(body))


def _check_property(name: bytes, body: bytes) -> None:
    if name == b"hvcC":
        _check_sets(body)
    elif name == b"colr" and body[:4] == b"nclx":
        require(len(body) == 11 and body[10] in (0, 0x80))
    elif name == b"colr":
        require(body[:4] == b"prof")
        check_profile(body[4:])
    elif name == b"auxC":
        require(body[:4] == bytes(4) and body[4:] in ALPHA)
    elif name == b"pixi":
        require(body[:4] == bytes(4) and len(body) == 5 + body[4])
    else:
        require(len(body) == SIZES.get(name))


def _check_units(body: bytes, width: int) -> None:
    place, begun = 0, 0
    while place < len(body):
        size = int.from_bytes(body[place : place + width], "big")
        kind = body[place + width] >> 1 & 63
        require(kind < 35 and size > 2)
        begun += kind < 32 and body[place + width + 2] >= 0x80
        place += width + size
    require(place == len(body) and begun == 1)


def _kinds(body: bytes) -> dict[int, bytes]:
    found = {}
    for name, start, end in _walk(body, 6):
        entry = body[start:end]
        require(name == b"infe" and len(entry) == 13 and entry[12] == 0 and entry[3] < 2)
        require(entry[0] == 2 and entry[6:8] == b"\0\0" and entry[8:12] in (b"hvc1", b"grid"))
        found[int.from_bytes(entry[4:6], "big")] = entry[8:12]
    require(int.from_bytes(body[4:6], "big") == len(found))
    return found


def _check_references(body: bytes, known: dict[int, bytes]) -> None:
    for name, start, end in _walk(body, 4):
        require(name in (b"dimg", b"auxl", b"prem"))
        numbers = [int.from_bytes(body[at : at + 2], "big") for at in range(start, end, 2)]
        require(numbers[1] == len(numbers) - 2)
        require(all(number in known for number in (numbers[0], *numbers[2:])))


def _check_places(
    body: bytes, known: dict[int, bytes], data: bytes, inner: bytes, rest: int
) -> None:
    require(body[:6] == b"\1\0\0\0\x44\0" and len(body) == 8 + 16 * len(known))
    spans: dict[int, list[tuple[int, int]]] = {0: [], 1: []}
    for entry in range(8, len(body), 16):
        number, method, other, count = (
            int.from_bytes(body[at : at + 2], "big") for at in range(entry, entry + 8, 2)
        )
        start, size = (int.from_bytes(body[at : at + 4], "big") for at in (entry + 8, entry + 12))
        require(number in known and other == 0 and count == 1)
        require(method == (known[number] == b"grid"))
        spans[method].append((start, start + size))
        part = (inner if method else data)[start : start + size]
        require(len(part) == size > 0)
        if method:
            require(size == (12 if part[1] & 1 else 8) and part[0] == 0)
        else:
            _check_units(part, 4)
    for first, last, method in ((rest, len(data), 0), (0, len(inner), 1)):
        place = first
        for start, end in sorted(spans[method]):
            require(start == place)
            place = end
        require(place == last)


def check_heic(data: bytes) -> None:
    """Check a HEIC. Raises NotProved."""
    outer = list(_walk(data))
    require([name for name, _, _ in outer] == [b"ftyp", b"meta", b"mdat"])
    brand = data[8:12]
    require(brand in (b"heic", b"heix") and data[12 : outer[0][2]] == bytes(4) + b"mif1" + brand)
    meta = data[outer[1][1] : outer[1][2]]
    inside = {name: meta[start:end] for name, start, end in _walk(meta, 4)}
    names = [name for name, _, _ in _walk(meta, 4)]
    require(names == [name for name in INSIDE if name in inside] and meta[:4] == bytes(4))
    require(inside[b"hdlr"] == HANDLER and inside[b"pitm"] == bytes(5) + b"\1")
    known = _kinds(inside[b"iinf"])
    _check_references(inside.get(b"iref", bytes(4)), known)
    properties = list(_walk(inside[b"iprp"]))
    require([name for name, _, _ in properties] == [b"ipco", b"ipma"])
    held = inside[b"iprp"][properties[0][1] : properties[0][2]]
    for name, start, end in _walk(held):
        _check_property(name, held[start:end])
    _check_places(inside[b"iloc"], known, data, inside.get(b"idat", b""), outer[2][1])
