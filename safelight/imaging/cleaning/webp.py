"""WebP: the chunks of the RIFF container that make pixels, copied; the header is written anew.

Chunks and flags from RFC 9649.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.imaging.cleaning.removed import inside_exif, names_of_trailer, once
from safelight.imaging.cleaning.results import Damaged, ManyPictures
from safelight.imaging.cleaning.spaces import cleaned_profile
from safelight.imaging.limits import MAX_PIXELS, MAX_SIDE
from safelight.imaging.metadata import EXIF_SIGN, Exif, read_exif
from safelight.imaging.refusals import PictureTooLarge

HEADER = 12
MAX_CHUNKS = 1000
HAS_COLOUR, HAS_ALPHA, MOVES = 0x20, 0x10, 0x02
LOSSY, LOSSLESS, ALPHA = b"VP8 ", b"VP8L", b"ALPH"
LOSSY_START = b"\x9d\x01\x2a"
LOSSLESS_SIGN = 0x2F
NAMES = {b"EXIF": "EXIF", b"XMP ": "XMP"}


@dataclass(slots=True)
class Webp:
    """A WebP taken apart."""

    picture: tuple[bytes, bytes] | None = None
    alpha: bytes | None = None
    profile: bytes | None = None
    canvas: tuple[int, int] | None = None
    exif: Exif | None = None
    removed: list[str] = field(default_factory=list)


def chunks(data: bytes, end: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of each chunk inside the container."""
    place = HEADER
    for _ in range(MAX_CHUNKS):
        if place == end:
            return
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        stop = place + 8 + size
        if stop > end or place + 8 > end:
            raise Damaged
        yield data[place : place + 4], data[place + 8 : stop]
        place = min(stop + size % 2, end)
    raise Damaged


def coded_size(name: bytes, content: bytes) -> tuple[int, int, bool]:
    """Return width and height from the coded picture, and whether it carries alpha itself."""
    if name == LOSSY:
        if len(content) < 10 or content[3:6] != LOSSY_START or content[0] & 1:
            raise Damaged
        wide, high = struct.unpack("<HH", content[6:10])
        return wide & 0x3FFF, high & 0x3FFF, False
    if len(content) < 5 or content[0] != LOSSLESS_SIGN:
        raise Damaged
    bits = int.from_bytes(content[1:5], "little")
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)


def _read_chunk(webp: Webp, name: bytes, content: bytes) -> None:
    if name in (b"ANIM", b"ANMF"):
        raise ManyPictures
    if name == b"VP8X" and len(content) == 10:
        if content[0] & MOVES:
            raise ManyPictures
        sides = (content[4:7], content[7:10])
        wide, high = (int.from_bytes(side, "little") + 1 for side in sides)
        webp.canvas = (wide, high)
    elif name in (LOSSY, LOSSLESS):
        if webp.picture is not None:
            raise ManyPictures
        webp.picture = (name, content)
    elif name == ALPHA and webp.alpha is None and webp.picture is None:
        webp.alpha = content
    elif name == b"ICCP" and webp.profile is None:
        webp.profile = content
    elif name == b"EXIF":
        block = content.removeprefix(EXIF_SIGN)
        webp.removed += ["EXIF", *inside_exif(block)]
        webp.exif = webp.exif or read_exif(block)
    else:
        webp.removed.append(NAMES.get(name, "private or unknown block"))


def read_webp(data: bytes) -> Webp:
    """Take a WebP apart. Raises Damaged or ManyPictures."""
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data) or end < HEADER:
        raise Damaged
    webp = Webp()
    for name, content in chunks(data, end):
        _read_chunk(webp, name, content)
    if webp.picture is None:
        raise Damaged
    if data[end:] not in (b"", b"\0"):
        webp.removed += names_of_trailer(data[end:])
    wide, high, _ = coded_size(*webp.picture)
    if max(wide, high) > MAX_SIDE or wide * high > MAX_PIXELS:
        raise PictureTooLarge
    if webp.canvas not in (None, (wide, high)) or not wide or not high:
        raise Damaged
    return webp


def chunk(name: bytes, content: bytes) -> bytes:
    """Write one chunk, padded to an even length."""
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _large_header(flags: int, wide: int, high: int) -> bytes:
    sides = (wide - 1).to_bytes(3, "little") + (high - 1).to_bytes(3, "little")
    return chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sides)


def write_webp(webp: Webp) -> tuple[bytes, list[str]]:
    """Write the picture with nothing else in it, and say what remains."""
    if webp.picture is None:
        raise Damaged
    name, content = webp.picture
    wide, high, own_alpha = coded_size(name, content)
    alpha = webp.alpha if name == LOSSY else None
    profile, _ = cleaned_profile(webp.profile)
    if webp.profile is not None and profile != webp.profile:
        webp.removed.append("names in the colour profile")
    remains, parts = ["picture"], []
    if profile is not None or alpha is not None:
        has_alpha = alpha is not None or own_alpha
        flags = (HAS_COLOUR if profile else 0) | (HAS_ALPHA if has_alpha else 0)
        parts.append(_large_header(flags, wide, high))
    if profile is not None:
        parts.append(chunk(b"ICCP", profile))
        remains.append("colour")
    if alpha is not None:
        parts.append(chunk(ALPHA, alpha))
    if alpha is not None or own_alpha:
        remains.append("transparency")
    body = b"".join([b"WEBP", *parts, chunk(name, content)])
    webp.removed = once(webp.removed)
    return b"RIFF" + struct.pack("<I", len(body)) + body, remains
