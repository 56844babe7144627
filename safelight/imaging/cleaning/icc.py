"""ICC: a colour profile written again from its numbers, so that no word or date comes through.

Layout and type signatures from ICC.1:2022; older forms from ICC.1:2001-04. A tag is kept only when
it says how numbers become colours, and only when every byte of it is accounted for.
"""

import struct
from dataclasses import dataclass

HEADER = 128
MAX_PROFILE = 16 * 1024 * 1024
"""As much as the segments of a JPEG can hold; press profiles with fine tables are honest at 5."""
MAX_TAGS = 100
D50 = bytes.fromhex("0000f6d6000100000000d32d")
CLASSES = frozenset({b"mntr", b"scnr", b"prtr", b"spac"})
SPACES = frozenset({b"RGB ", b"GRAY", b"CMYK"})
CONNECTIONS = frozenset({b"XYZ ", b"Lab "})
POINTS = (b"wtpt", b"bkpt", b"rXYZ", b"gXYZ", b"bXYZ")
CURVES = (b"rTRC", b"gTRC", b"bTRC", b"kTRC")
TABLES = (b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2")
ADAPTATION = b"chad"
NAME, RIGHTS = "Colours", "None"
PARAMETERS = (1, 3, 4, 5, 7)
"""How many numbers each kind of parametric curve has (ICC.1, 10.18)."""


class Unusable(Exception):
    """Not a profile that could be written again; decoders do without it too."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile means: header fields that decide colours, and its tags, checked."""

    version: int
    kind: bytes
    space: bytes
    connection: bytes
    intent: int
    tags: dict[bytes, bytes]


def _number(data: bytes, place: int, size: int = 4) -> int:
    piece = data[place : place + size]
    if len(piece) < size:
        raise Unusable
    return int.from_bytes(piece, "big")


def _take(data: bytes, place: int, size: int) -> bytes:
    if place < 0 or size < 0 or place + size > len(data):
        raise Unusable
    return data[place : place + size]


def curve_size(data: bytes, place: int = 0) -> int:
    """Return how many bytes the curve at this place really has."""
    kind = _take(data, place, 4)
    if kind == b"curv":
        return 12 + 2 * _number(data, place + 8)
    if kind == b"para" and _number(data, place + 8, 2) < len(PARAMETERS):
        return 12 + 4 * PARAMETERS[_number(data, place + 8, 2)]
    raise Unusable


def _plain(data: bytes, size: int) -> bytes:
    """Take the first `size` bytes of an element and clear the four that are reserved."""
    whole = _take(data, 0, size)
    return whole[:4] + bytes(4) + whole[8:]


def _curve(data: bytes, place: int = 0) -> bytes:
    curve = _plain(data[place:], curve_size(data, place))
    return curve if curve[:4] == b"curv" else curve[:10] + bytes(2) + curve[12:]


def _old_table(data: bytes) -> bytes:
    """Check an mft1 or mft2 table (ICC.1, 10.10 and 10.11); its size follows from its counts."""
    width = {b"mft1": 1, b"mft2": 2}[data[:4]]
    ins, outs, grid = (_number(data, place, 1) for place in (8, 9, 10))
    size = 48
    entries = (256, 256)
    if width == 2:
        size, entries = 52, (_number(data, 48, 2), _number(data, 50, 2))
    if not (1 <= ins <= 4 and 1 <= outs <= 4 and grid >= 1):
        raise Unusable
    size += width * (ins * entries[0] + grid**ins * outs + outs * entries[1])
    whole = _plain(data, size)
    return whole[:11] + bytes(1) + whole[12:]


def _curves(data: bytes, place: int, count: int) -> bytes:
    parts = []
    for _ in range(count):
        part = _curve(data, place)
        parts.append(part + bytes(-len(part) % 4))
        place += len(parts[-1])
    return b"".join(parts)


def _grid(data: bytes, place: int, ins: int, outs: int) -> bytes:
    points = _take(data, place, 16)[:ins]
    width = _number(data, place + 16, 1)
    size = width * outs
    for steps in points:
        size *= steps
    if width not in (1, 2) or not size or size > MAX_PROFILE:
        raise Unusable
    table = points.ljust(16, b"\0") + bytes((width, 0, 0, 0)) + _take(data, place + 20, size)
    return table + bytes(-len(table) % 4)


def _new_table(data: bytes) -> bytes:
    """Lay out an mAB or mBA table again, part after part, with nothing between them."""
    ins, outs = _number(data, 8, 1), _number(data, 9, 1)
    if not (1 <= ins <= 4 and 1 <= outs <= 4):
        raise Unusable
    places = [_number(data, 12 + 4 * index) for index in range(5)]
    forth = data[:4] == b"mAB "
    b_count, a_count = (outs, ins) if forth else (ins, outs)
    m_count = outs if forth else ins
    parts = (
        _curves(data, places[0], b_count) if places[0] else b"",
        _take(data, places[1], 48) if places[1] else b"",
        _curves(data, places[2], m_count) if places[2] else b"",
        _grid(data, places[3], ins, outs) if places[3] else b"",
        _curves(data, places[4], a_count) if places[4] else b"",
    )
    head, body = data[:4] + bytes(4) + bytes((ins, outs, 0, 0)), b""
    for part in parts:
        head += struct.pack(">I", 32 + len(body) if part else 0)
        body += part
    return head + body


def _checked(key: bytes, data: bytes) -> bytes | None:
    """Return the tag rebuilt from its numbers; None when it is not one that is kept."""
    kind = data[:4]
    if key in POINTS and kind == b"XYZ ":
        return _plain(data, 20)
    if key in CURVES:
        return _curve(data)
    if key == ADAPTATION and kind == b"sf32":
        return _plain(data, 44)
    if key in TABLES and kind in (b"mft1", b"mft2"):
        return _old_table(data)
    if key in TABLES and kind in (b"mAB ", b"mBA "):
        return _new_table(data)
    if key in POINTS or key in TABLES or key == ADAPTATION:
        raise Unusable
    return None


def _is_enough(space: bytes, tags: dict[bytes, bytes]) -> bool:
    if any(key.startswith(b"A2B") for key in tags):
        return True
    if space == b"GRAY":
        return b"kTRC" in tags
    return space == b"RGB " and {*POINTS[2:], *CURVES[:3]} <= set(tags)


def read(data: bytes) -> Profile:
    """Read what a profile means. Raises Unusable for one that no decoder should trust."""
    if not HEADER + 4 <= len(data) <= MAX_PROFILE or data[36:40] != b"acsp":
        raise Unusable
    kind, space, connection = data[12:16], data[16:20], data[20:24]
    count = _number(data, HEADER)
    if kind not in CLASSES or space not in SPACES or connection not in CONNECTIONS:
        raise Unusable
    if data[8] not in (2, 4) or count > MAX_TAGS:
        raise Unusable
    tags: dict[bytes, bytes] = {}
    for index in range(count):
        entry = HEADER + 4 + 12 * index
        key = _take(data, entry, 4)
        element = _take(data, _number(data, entry + 4), _number(data, entry + 8))
        kept = _checked(key, element)
        if kept is not None:
            tags.setdefault(key, kept)
    if not _is_enough(space, tags):
        raise Unusable
    return Profile(data[8], kind, space, connection, _number(data, 64) & 3, tags)


def _words(key: bytes, words: str, version: int) -> bytes:
    if version == 4:
        text = words.encode("utf-16-be")
        head = b"mluc" + bytes(4) + struct.pack(">II", 1, 12)
        return head + b"enUS" + struct.pack(">II", len(text), 28) + text
    text = words.encode("ascii") + b"\0"
    if key == b"cprt":
        return b"text" + bytes(4) + text
    return b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)


def write(profile: Profile, name: str = NAME) -> bytes:
    """Write a profile with nothing in it but colours: names are ours, makers and dates are zero."""
    version = profile.version
    tags = {
        b"desc": _words(b"desc", name, version),
        b"cprt": _words(b"cprt", RIGHTS, version),
        **{key: profile.tags[key] for key in sorted(profile.tags)},
    }
    start = HEADER + 4 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    placed: dict[bytes, int] = {}
    for key, element in tags.items():
        if element not in placed:
            placed[element] = start + len(body)
            body += element + bytes(-len(element) % 4)
        table += key + struct.pack(">II", placed[element], len(element))
    header = (
        struct.pack(">I", start + len(body)) + bytes(4)
        + bytes((version, 0x20 if version == 4 else 0x10, 0, 0))
        + profile.kind + profile.space + profile.connection
        + bytes(12) + b"acsp" + bytes(24) + struct.pack(">I", profile.intent) + D50
    )  # fmt: skip
    return header.ljust(HEADER, b"\0") + table + body
