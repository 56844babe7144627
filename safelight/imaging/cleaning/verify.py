"""Verify: an independent walk over a cleaned file, byte by byte, against what may be in it.

It shares no code with the cleaners. What it does not expect, at the place where it expects it, is
refused: one error in the writers is then no leak.
"""

import struct
import zlib
from itertools import pairwise

from safelight.imaging.cleaning.results import NotProved
from safelight.imaging.cleaning.verify_heic import check_heic
from safelight.imaging.cleaning.verify_icc import check_profile, require

JPEG, PNG, RIFF = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF"
JFIF_BYTES, ADOBE_BYTES, ICC_HEAD = 14, 12, 14
ADOBE = b"Adobe\0\x64\0\0\0\0"
ICC = b"ICC_PROFILE\0"
FRAMES = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
PNG_ORDER = (b"IHDR", b"cHRM", b"cICP", b"gAMA", b"sRGB", b"iCCP", b"PLTE", b"tRNS", b"pHYs",
             b"IDAT", b"IEND")  # fmt: skip
PNG_SIZES = {b"IHDR": 13, b"cHRM": 32, b"cICP": 4, b"gAMA": 4, b"sRGB": 1, b"pHYs": 9, b"IEND": 0}
PNG_MOST = {b"gAMA": 1_000_000, b"sRGB": 3, b"cICP": 0x16120001}
ADAM7 = ((8, 8, 0, 0), (8, 8, 0, 4), (8, 4, 4, 0), (4, 4, 0, 2), (4, 2, 2, 0), (2, 2, 0, 1),
         (2, 1, 1, 0))  # fmt: skip
"""Steps down and across, then the first row and column, of each pass."""
CHANNELS = (1, 0, 3, 1, 2, 0, 4)
PIECE = 1 << 20
WEBP_ORDER = (b"VP8X", b"ICCP", b"ALPH", b"VP8 ", b"VP8L")


def _after_scan(data: bytes, place: int) -> int:
    while True:
        place = data.find(b"\xff", place)
        require(0 <= place < len(data) - 1)
        following = data[place + 1]
        if following != 0 and not 0xD0 <= following <= 0xD7:
            return place
        place += 2


def _check_tables(marker: int, body: bytes) -> None:
    place = 0
    while place < len(body):
        if marker == 0xDB:
            require(body[place] & 0xF < 4 and body[place] >> 4 < 2)
            place += 65 if body[place] < 16 else 129
        else:
            require(body[place] & 0xF < 4 and body[place] >> 4 < 2)
            place += 17 + sum(body[place + 1 : place + 17])
    require(place == len(body) and place > 0)


def _check_frame(body: bytes) -> None:
    require(len(body) > 6 and body[0] == 8 and len(body) == 6 + 3 * body[5])
    require(int.from_bytes(body[1:3], "big") > 0 and int.from_bytes(body[3:5], "big") > 0)


def _check_head(marker: int, body: bytes, seen: set[int]) -> None:
    """Check the two headers that may come before everything else."""
    if marker == 0xE0:
        require(not seen and len(body) == JFIF_BYTES and body[:6] == b"JFIF\0\1")
        require(body[6] <= 2 and body[7] <= 2 and body[12:] == b"\0\0")
    else:
        require(seen <= {0xE0} and len(body) == ADOBE_BYTES)
        require(body[:11] == ADOBE and body[11] <= 2)


def _check_segment(marker: int, body: bytes, seen: set[int]) -> None:
    if marker in (0xE0, 0xEE):
        _check_head(marker, body, seen)
    elif marker in FRAMES:
        require(not seen & set(FRAMES))
        _check_frame(body)
    elif marker in (0xDB, 0xC4):
        _check_tables(marker, body)
    elif marker in (0xDD, 0xCC):
        require(len(body) == 2)
    else:
        require(marker == 0xDA and len(body) == 4 + 2 * body[0] and bool(seen & set(FRAMES)))


def _numbers(marker: int, body: bytes) -> list[int]:
    """Return which tables a segment holds, each as its marker, class and number in one."""
    found, place = [], 0
    while place < len(body):
        found.append(marker << 8 | (body[place] if marker == 0xC4 else body[place] & 15))
        wide = 65 + 64 * (body[place] >> 4)
        place += wide if marker == 0xDB else 17 + sum(body[place + 1 : place + 17])
    return found


def _needed(scan: bytes, frame: bytes, waiting: set[int]) -> set[int]:
    """Return the waiting tables that a scan may need: of a class that it reads, by its numbers."""
    steps = dict(zip(frame[7::3], frame[9::3], strict=True))
    parts = dict(zip(scan[1:-3:2], scan[2:-3:2], strict=True))
    wanted = {0xDB00 | steps[one] for one in parts}
    if frame[0] not in (0xC2, 0xCA) or scan[-3] == 0:
        wanted |= {0xC400 | chosen >> 4 for chosen in parts.values()}
    if frame[0] not in (0xC2, 0xCA) or scan[-3] > 0:
        wanted |= {0xC410 | chosen & 15 for chosen in parts.values()}
    return waiting & wanted


def _check_jpeg(data: bytes) -> None:
    seen: set[int] = set()
    waiting: set[int] = set()
    frame, profile, pieces = b"", b"", [0, 0]
    place = 2
    while data[place + 1] != 0xD9:
        marker, size = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        body = data[place + 4 : place + 2 + size]
        require(data[place] == 0xFF and size >= 2 and len(body) == size - 2)
        place += 2 + size
        if marker == 0xE2:
            pieces = [pieces[0] + 1, body[13]]
            require(seen <= {0xE0, 0xEE, 0xE2} and body[:12] == ICC and body[12] == pieces[0])
            profile += body[ICC_HEAD:]
        else:
            _check_segment(marker, body, seen)
        if marker in (0xC4, 0xDB):
            for number in _numbers(marker, body):
                require(number not in waiting)
                waiting.add(number)
        elif marker in FRAMES:
            frame = bytes((marker,)) + body
        elif marker == 0xDA:
            waiting -= _needed(body, frame, waiting)
            place = _after_scan(data, place)
        seen.add(marker)
    require(not waiting)
    require(data[place:] == b"\xff\xd9" and 0xDA in seen and pieces[0] == pieces[1])
    if profile:
        check_profile(profile)


def _rows(header: bytes) -> int:
    wide, high = struct.unpack(">II", header[:8])
    bits = header[8] * CHANNELS[header[9]]
    passes = ADAM7 if header[12] else ((1, 1, 0, 0),)
    total = 0
    for down, across, top, left in passes:
        lines = len(range(top, high, down))
        columns = len(range(left, wide, across))
        total += lines * (1 + -(-columns * bits // 8)) if columns else 0
    return total


def _check_rows(header: bytes, coded: list[bytes]) -> None:
    unpack = zlib.decompressobj()
    total, expected = 0, _rows(header)
    for part in coded:
        waiting = part
        while waiting:
            require(not unpack.eof and total <= expected)
            total += len(unpack.decompress(waiting, PIECE))
            waiting = unpack.unconsumed_tail
    while not unpack.eof and total <= expected and (more := unpack.decompress(b"", PIECE)):
        total += len(more)
    require(unpack.eof and total == expected and not unpack.unused_data)


def _check_png(data: bytes) -> None:
    place, names, header, coded = 8, [], b"", []
    while place < len(data):
        require(place + 12 <= len(data))
        size = int.from_bytes(data[place : place + 4], "big")
        name, body = data[place + 4 : place + 8], data[place + 8 : place + 8 + size]
        place += 12 + size
        require(place <= len(data) and name in PNG_ORDER)
        require(size == PNG_SIZES.get(name, size))
        require(zlib.crc32(name + body).to_bytes(4, "big") == data[place - 4 : place])
        names.append(PNG_ORDER.index(name))
        if name == b"IHDR":
            header = body
            require(body[9] < len(CHANNELS) and body[10:12] == b"\0\0" and body[12] < 2)
        elif name == b"iCCP":
            require(body[:5] == b"ICC\0\0")
            unpack = zlib.decompressobj()
            check_profile(unpack.decompress(body[5:], 1 << 24))
            require(unpack.eof and not unpack.unused_data)
        elif name == b"cHRM":
            require(all(value <= 100_000 for value in struct.unpack(">8I", body)))
        elif name == b"pHYs":
            require(all(0 < value <= 1_000_000 for value in struct.unpack(">II", body[:8])))
        elif name in PNG_MOST:
            require(int.from_bytes(body, "big") <= PNG_MOST[name])
        elif name == b"PLTE":
            require(0 < size <= 768 and size % 3 == 0 and header[9] == 3)
        elif name == b"tRNS":
            require(size == {0: 2, 2: 6}.get(header[9], size) and size <= 256)
        elif name == b"IDAT":
            coded.append(body)
    rows = PNG_ORDER.index(b"IDAT")
    require(all(one < two or one == two == rows for one, two in pairwise(names)))
    require(bool(coded) and names[0] == 0 and names[-1] == len(PNG_ORDER) - 1)
    _check_rows(header, coded)


def _check_webp(data: bytes) -> None:
    require(data[8:12] == b"WEBP" and int.from_bytes(data[4:8], "little") == len(data) - 8)
    place, names, flags = 12, [], 0
    while place < len(data):
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        body = data[place + 8 : place + 8 + size]
        place += 8 + size
        require(name in WEBP_ORDER and len(body) == size)
        if size % 2:
            require(data[place : place + 1] == b"\0")
            place += 1
        names.append(WEBP_ORDER.index(name))
        if name == b"VP8X":
            flags = body[0]
            require(size == 10 and flags & ~0x30 == 0 and body[1:4] == bytes(3))
        elif name == b"ICCP":
            require(bool(flags & 0x20))
            check_profile(body)
        elif name == b"ALPH":
            require(bool(flags & 0x10))
    require(all(one < two for one, two in pairwise(names)))
    require(sum(one >= WEBP_ORDER.index(b"VP8 ") for one in names) == 1)
    require(bool(flags & 0x20) == (WEBP_ORDER.index(b"ICCP") in names))


def verify_layout(data: bytes) -> str:
    """Return the kind of a file in which every byte is accounted for. Raises NotProved."""
    try:
        if data[:2] == JPEG:
            _check_jpeg(data)
            return "jpeg"
        if data[:8] == PNG:
            _check_png(data)
            return "png"
        if data[:4] == RIFF:
            _check_webp(data)
            return "webp"
        require(data[4:8] == b"ftyp")
        check_heic(data)
    except (IndexError, KeyError, ValueError, struct.error, zlib.error) as problem:
        raise NotProved from problem
    return "heic"
