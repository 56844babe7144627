"""JPEG: the segments that make pixels, copied as they are; every other byte stays behind.

Nothing is decoded. Markers and lengths are those of ITU-T T.81, annex B, JFIF of ITU-T T.871, and
the Adobe marker of T.872, 6.5.3.
"""

import re
from dataclasses import dataclass, field

from safelight.imaging.cleaning.removed import (
    inside_exif,
    name_of_segment,
    names_of_trailer,
    once,
)
from safelight.imaging.cleaning.results import Damaged, RareKind
from safelight.imaging.cleaning.spaces import cleaned_profile, named
from safelight.imaging.cleaning.tables import PROGRESSIVE, Tables
from safelight.imaging.limits import MAX_PIXELS, MAX_SIDE
from safelight.imaging.metadata import EXIF_SIGN, ICC_SIGN, Exif, read_exif
from safelight.imaging.refusals import PictureTooLarge

EOI, SOS, DHT, DQT, DRI, DAC = 0xD9, 0xDA, 0xC4, 0xDB, 0xDD, 0xCC
APP0, APP1, APP2, APP14, COM = 0xE0, 0xE1, 0xE2, 0xEE, 0xFE
RESTARTS = range(0xD0, 0xD8)
WITHOUT_LENGTH = frozenset({0x00, 0x01, *RESTARTS})
TABLES = frozenset({DHT, DQT, DRI, DAC})
HIDDEN = frozenset({*range(0xE0, 0xF0), COM})
OPENED = frozenset({0xC0, 0xC1, 0xC2, 0xC9, 0xCA})
"""Frames that the decoders open: baseline, extended, progressive; Huffman or arithmetic."""
FRAMES = frozenset(range(0xC0, 0xD0)) - {DHT, DAC, 0xC8}
JFIF_SIGN, ADOBE_SIGN = b"JFIF\0", b"Adobe"
MAX_SEGMENTS = 20_000
MAX_DENSITY = 12_800
"""Pixels to the inch or centimetre beyond what any scanner makes: then it is no density."""
WHOLE_SCAN = b"\0\x3f\0"
"""What every scan of a picture that is not progressive says of itself (ITU-T T.81, B.2.3)."""
MAX_CHUNK = 65_519
"""As much of a profile as fits into one segment after its signature and two counts."""
NOT_DATA = re.compile(rb"\xff[^\x00\xd0-\xd7]")


@dataclass(slots=True)
class Jpeg:
    """A JPEG taken apart: what makes its pixels, what says its colours, and what was left."""

    data: bytes
    tables: Tables = field(default_factory=Tables)
    density: bytes | None = None
    adobe: int | None = None
    exif: Exif | None = None
    chunks: list[bytes] = field(default_factory=list)
    components: tuple[int, ...] = ()
    is_progressive: bool = False
    removed: list[str] = field(default_factory=list)
    coded: list[int] = field(default_factory=list)
    width: int = 0
    height: int = 0


def _next_segment(data: bytes, place: int) -> tuple[int, int, int, bool]:
    """Return marker, start and end of content, and whether stray bytes came before the marker."""
    begin = place
    while (mark := data.find(b"\xff", place)) >= 0:
        while data[mark + 1 : mark + 2] == b"\xff":
            mark += 1
        marker = data[mark + 1] if mark + 1 < len(data) else 0
        if marker in WITHOUT_LENGTH:
            place = mark + 2
            continue
        size = 0 if marker == EOI else int.from_bytes(data[mark + 2 : mark + 4], "big")
        end = mark + 2 + size
        if (size < 2 and marker != EOI) or end > len(data):
            break
        return marker, min(mark + 4, end), end, mark != begin
    raise Damaged


def scan_end(data: bytes, place: int) -> tuple[list[tuple[int, int]], int]:
    """Return the pieces of a scan's coded data, without fill bytes, and where the next marker is.

    A fill byte is a second FF before a marker: it means nothing and could carry something.
    """
    pieces: list[tuple[int, int]] = []
    while (hit := NOT_DATA.search(data, place)) is not None:
        at = hit.start()
        end = at + 1
        while end < len(data) and data[end] == 0xFF:
            end += 1
        pieces.append((place, at))
        if end >= len(data):
            break
        if data[end] not in RESTARTS and data[end] != 0:
            return pieces, end - 1
        place = end - 1
    raise Damaged


def _read_frame(jpeg: Jpeg, marker: int, payload: bytes) -> None:
    if jpeg.components or marker not in OPENED or len(payload) < 6 or payload[0] != 8:
        raise RareKind
    count = payload[5]
    jpeg.height, jpeg.width = (int.from_bytes(payload[at : at + 2], "big") for at in (1, 3))
    if len(payload) != 6 + 3 * count or count not in (1, 3, 4) or not jpeg.width:
        raise Damaged
    if not jpeg.height:
        raise RareKind
    if max(jpeg.width, jpeg.height) > MAX_SIDE or jpeg.width * jpeg.height > MAX_PIXELS:
        raise PictureTooLarge
    jpeg.components = tuple(payload[6::3])
    jpeg.is_progressive = marker in PROGRESSIVE
    jpeg.tables.add_frame(marker, payload)


def _read_scan(jpeg: Jpeg, payload: bytes) -> bytes:
    """Check a scan's header and return it with nothing left to choose where nothing is."""
    if not payload or len(payload) != 4 + 2 * payload[0] or not jpeg.components:
        raise Damaged
    wanted = list(payload[1 : 1 + 2 * payload[0] : 2])
    if len(set(wanted)) != len(wanted) or not set(wanted) <= set(jpeg.components):
        raise Damaged
    if not jpeg.is_progressive and set(wanted) & set(jpeg.coded):
        raise Damaged  # a second scan of a component would hide the first one
    jpeg.coded += wanted
    return payload if jpeg.is_progressive else payload[:-3] + WHOLE_SCAN


def _read_hidden(jpeg: Jpeg, marker: int, payload: bytes) -> None:
    """Take the one fact that colours need from a segment that stays behind."""
    is_early = not jpeg.coded
    if marker == APP0 and payload.startswith(JFIF_SIGN) and len(payload) >= 14 and is_early:
        if jpeg.density is None:
            jpeg.density = payload[5:12]
            jpeg.removed += ["JFIF thumbnail"] if len(payload) > 14 else []
            return
    elif marker == APP14 and payload.startswith(ADOBE_SIGN) and len(payload) >= 12 and is_early:
        jpeg.adobe = payload[11]
        jpeg.removed += ["vendor data in the Adobe marker"] if len(payload) > 12 else []
        return
    elif marker == APP2 and payload.startswith(ICC_SIGN) and is_early:
        jpeg.chunks.append(payload[len(ICC_SIGN) :])
        return
    elif marker == APP1 and payload.startswith(EXIF_SIGN):
        block = payload[len(EXIF_SIGN) :]
        jpeg.removed += ["EXIF", *inside_exif(block)]
        if jpeg.exif is None and is_early:
            jpeg.exif = read_exif(block)
        return
    jpeg.removed.append(name_of_segment(marker, payload))


def _read_segment(jpeg: Jpeg, marker: int, start: int, end: int) -> int:
    """Read one segment, and say where the next one begins."""
    payload = jpeg.data[start:end]
    if marker in HIDDEN:
        _read_hidden(jpeg, marker, payload)
    elif marker in FRAMES:
        _read_frame(jpeg, marker, payload)
    elif marker == SOS:
        payload = _read_scan(jpeg, payload)
        pieces, end = scan_end(jpeg.data, end)
        jpeg.tables.add_scan(payload, pieces)
    elif marker in TABLES:
        jpeg.tables.add(marker, payload)
    else:
        raise RareKind
    return end


def read_jpeg(data: bytes) -> Jpeg:
    """Take a JPEG apart. Raises Damaged or RareKind for what could not be put together again."""
    if data[:2] != b"\xff\xd8":
        raise Damaged
    jpeg, place = Jpeg(data), 2
    for _ in range(MAX_SEGMENTS):
        marker, start, end, stray = _next_segment(data, place)
        jpeg.removed += ["bytes between the segments"] if stray else []
        if marker == EOI:
            break
        place = _read_segment(jpeg, marker, start, end)
    else:
        raise Damaged
    if set(jpeg.coded) != set(jpeg.components) or not jpeg.components:
        raise Damaged
    if end < len(data):
        jpeg.removed += names_of_trailer(data[end:])
    return jpeg


def _profile(jpeg: Jpeg) -> bytes | None:
    """Put the profile together from its pieces, whatever order they came in."""
    pieces: dict[int, bytes] = {}
    for chunk in jpeg.chunks:
        if len(chunk) < 2 or chunk[1] != len(jpeg.chunks) or chunk[0] in pieces:
            return None
        pieces[chunk[0]] = chunk[2:]
    if sorted(pieces) != list(range(1, len(jpeg.chunks) + 1)):
        return None
    return b"".join(pieces[number] for number in sorted(pieces)) or None


def segment(marker: int, payload: bytes) -> bytes:
    """Write one segment."""
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def _jfif(density: bytes) -> bytes:
    major, minor, unit = density[:3]
    across, down = (int.from_bytes(density[at : at + 2], "big") or 1 for at in (3, 5))
    if max(across, down) > MAX_DENSITY:
        across = down = 1
    version = bytes((1, minor)) if major == 1 and minor <= 2 else b"\1\2"
    unit = unit if unit <= 2 else 0
    sizes = across.to_bytes(2, "big") + down.to_bytes(2, "big")
    return segment(APP0, JFIF_SIGN + version + bytes((unit,)) + sizes + bytes(2))


def _icc(profile: bytes) -> bytes:
    chunks = [profile[at : at + MAX_CHUNK] for at in range(0, len(profile), MAX_CHUNK)]
    return b"".join(
        segment(APP2, ICC_SIGN + bytes((number, len(chunks))) + chunk)
        for number, chunk in enumerate(chunks, 1)
    )


def original_profile(jpeg: Jpeg) -> bytes | None:
    """Return the profile that the picture's colours mean, before it is written again."""
    profile = _profile(jpeg)
    if profile is None and jpeg.exif is not None and jpeg.exif.adobe_rgb:
        return named("Adobe RGB") if len(jpeg.components) == 3 else None
    return profile


def write_jpeg(jpeg: Jpeg) -> tuple[bytes, list[str]]:
    """Write the picture with nothing else in it, and say what remains."""
    remains = ["picture"]
    head: list[bytes | memoryview] = [b"\xff\xd8"]
    if jpeg.density is not None:
        head.append(_jfif(jpeg.density))
        remains.append("density")
    if jpeg.adobe is not None and len(jpeg.components) > 1:
        coded = 2 if len(jpeg.components) == 4 else 1
        transform = bytes((coded if jpeg.adobe else 0,))
        head.append(segment(APP14, ADOBE_SIGN + b"\0\x64" + bytes(4) + transform))
        remains.append("colour marks")
    before = original_profile(jpeg)
    profile, _ = cleaned_profile(before)
    if profile is not None:
        head.append(_icc(profile))
        remains.append("colour")
    if jpeg.chunks and profile != before:
        jpeg.removed.append("names in the colour profile")
    if jpeg.tables.dropped():
        jpeg.removed.append("tables that nothing uses")
    jpeg.removed = once(jpeg.removed)
    return b"".join([*head, *jpeg.tables.written(jpeg.data), b"\xff\xd9"]), remains
