"""Metadata: the few facts a file says of itself, read by walking it, with no decoder involved.

Markers from ITU-T T.81, tags from the EXIF 2.3 standard (CIPA DC-008). Every walk is bounded.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.imaging.limits import MAX_METADATA, MAX_PRESS_PROFILE
from safelight.imaging.refusals import PictureDamaged, PictureMetadata

Bytes = bytes | memoryview

SOI, EOI, SOS, APP0, APP1, APP2 = 0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xE2
WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD8)})
FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
TABLES = frozenset({0xC4, 0xDB, 0xDD})
EXIF_SIGN, ICC_SIGN, JFIF_SIGN = b"Exif\0\0", b"ICC_PROFILE\0", b"JFIF\0"
BARE_JFIF = 16
"""A JFIF segment of this length has density and no thumbnail."""
MAX_SEGMENTS = 2000
MARKER_IN_PIXELS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")

TAG_MAKE, TAG_MODEL, TAG_ORIENTATION, TAG_CHANGED = 0x010F, 0x0110, 0x0112, 0x0132
TAG_EXIF, TAG_INTEROP, TAG_TAKEN, TAG_INTEROP_INDEX = 0x8769, 0xA005, 0x9003, 0x0001
TYPE_TEXT, TYPE_SHORT, TYPE_LONG = 2, 3, 4
MAX_ENTRIES = 512
MAX_WORDS = 64
OPTIONAL_RGB = "R03"
"""What DCF writes for Adobe RGB, often with no profile beside it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """One JPEG marker and where its content lies."""

    marker: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Exif:
    """What is read from EXIF; everything else in it is never looked at."""

    orientation: int = 1
    make: str = ""
    model: str = ""
    taken: str = ""
    adobe_rgb: bool = False


def jpeg_segments(data: Bytes) -> Iterator[Segment]:
    """Walk the segments up to the first scan. Raises PictureDamaged when they do not chain."""
    place = 2
    for _ in range(MAX_SEGMENTS):
        while place + 1 < len(data) and data[place] == data[place + 1] == 0xFF:
            place += 1
        if place + 4 > len(data) or data[place] != 0xFF:
            raise PictureDamaged
        marker = data[place + 1]
        if marker in WITHOUT_LENGTH:
            place += 2
            continue
        if marker == EOI:
            return
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        if end > len(data) or end < place + 4:
            raise PictureDamaged
        yield Segment(marker, place + 4, end)
        if marker == SOS:
            return
        place = end
    raise PictureMetadata


def jpeg_size(data: Bytes) -> tuple[int, int]:
    """Return width and height from the frame header, or zeros when there is none."""
    try:
        for part in jpeg_segments(data):
            if part.marker in FRAMES and part.end - part.start >= 5:
                high, wide = struct.unpack("!HH", data[part.start + 1 : part.start + 5])
                return wide, high
    except (PictureDamaged, PictureMetadata):
        pass
    return 0, 0


def leftovers(data: bytes) -> list[str]:
    """List everything in a JPEG that is not coded picture; an empty list is a bare picture.

    Used on every rendition before it is kept: the tables, the frame, the scans, a bare JFIF header
    and the end are allowed, in that file and nothing after it.
    """
    found: list[str] = []
    if data[:2] != b"\xff\xd8":
        return ["not a JPEG"]
    try:
        parts = list(jpeg_segments(data))
    except (PictureDamaged, PictureMetadata):
        return ["broken segments"]
    for part in parts:
        bare = part.end - part.start == BARE_JFIF - 2 and data[part.start :][:5] == JFIF_SIGN
        if part.marker == APP0 and bare and not found:
            continue
        if part.marker not in TABLES | FRAMES | {SOS}:
            found.append(f"segment {part.marker:02X}")
    if not parts or parts[-1].marker != SOS:
        return [*found, "no picture"]
    place = parts[-1].end
    while (hit := MARKER_IN_PIXELS.search(data, place)) is not None:
        marker = data[hit.start() + 1]
        if marker == EOI:
            return found if hit.end() == len(data) else [*found, "bytes after the end"]
        if marker not in TABLES | {SOS} or hit.end() + 2 > len(data):
            return [*found, f"segment {marker:02X} among the pixels"]
        place = hit.end() + int.from_bytes(data[hit.end() : hit.end() + 2], "big")
    return [*found, "no end"]


def jpeg_exif(data: Bytes) -> Exif:
    """Read the first EXIF segment; a file without one gets the defaults."""
    for part in jpeg_segments(data):
        if part.marker == APP1 and bytes(data[part.start : part.start + 6]) == EXIF_SIGN:
            return read_exif(data[part.start + 6 : part.end])
    return Exif()


def jpeg_profile(data: Bytes) -> bytes | None:
    """Put the colour profile together from its segments, in their order; None when incomplete."""
    pieces: dict[int, bytes] = {}
    count = 0
    for part in jpeg_segments(data):
        body = part.start + len(ICC_SIGN)
        if part.marker == APP2 and bytes(data[part.start : body]) == ICC_SIGN:
            if body + 2 > part.end:
                return None
            number, count = data[body], data[body + 1]
            pieces[number] = bytes(data[body + 2 : part.end])
    if not pieces or sorted(pieces) != list(range(1, count + 1)):
        return None
    return b"".join(pieces[number] for number in sorted(pieces))


def checked_profile(profile: bytes | None, *, press: bool) -> bytes | None:
    """Refuse a colour profile that is too large to be honest."""
    if profile is not None and len(profile) > (MAX_PRESS_PROFILE if press else MAX_METADATA):
        raise PictureMetadata
    return profile


class _Tags:
    """The entries of a TIFF directory, read only where they lie inside the block."""

    def __init__(self, block: Bytes) -> None:
        self.block = bytes(block)
        self.order = {b"II": "<", b"MM": ">"}.get(self.block[:2], "")

    def _number(self, place: int, size: int) -> int:
        piece = self.block[place : place + size]
        if len(piece) < size:
            return 0
        return int(struct.unpack(self.order + {2: "H", 4: "I"}[size], piece)[0])

    def first(self) -> dict[int, int]:
        return self.directory(self._number(4, 4)) if self.order else {}

    def directory(self, place: int) -> dict[int, int]:
        """Map the tags of the directory to the places of their entries."""
        if not 8 <= place < len(self.block):
            return {}
        count = min(self._number(place, 2), MAX_ENTRIES)
        entries = [place + 2 + 12 * index for index in range(count)]
        return {self._number(entry, 2): entry for entry in reversed(entries)}

    def whole(self, entry: int | None) -> int:
        if entry is None:
            return 0
        kind = self._number(entry + 2, 2)
        size = {TYPE_SHORT: 2, TYPE_LONG: 4}.get(kind)
        return self._number(entry + 8, size) if size else 0

    def text(self, entry: int | None) -> str:
        if entry is None or self._number(entry + 2, 2) != TYPE_TEXT:
            return ""
        size = min(self._number(entry + 4, 4), MAX_WORDS)
        place = entry + 8 if size <= 4 else self._number(entry + 8, 4)
        words = self.block[place : place + size].split(b"\0")[0].decode("ascii", "replace")
        return "".join(letter for letter in words if letter.isprintable()).strip()


def read_exif(block: Bytes) -> Exif:
    """Read orientation, camera and time from an EXIF block or a TIFF file; nonsense reads as none.

    A block over MAX_METADATA must be refused by the caller first, unless it is a whole TIFF.
    """
    tags = _Tags(block)
    main = tags.first()
    inner = tags.directory(tags.whole(main.get(TAG_EXIF)))
    interop = tags.directory(tags.whole(inner.get(TAG_INTEROP)))
    orientation = tags.whole(main.get(TAG_ORIENTATION))
    return Exif(
        orientation=orientation if 1 <= orientation <= 8 else 1,
        make=tags.text(main.get(TAG_MAKE)),
        model=tags.text(main.get(TAG_MODEL)),
        taken=tags.text(inner.get(TAG_TAKEN)) or tags.text(main.get(TAG_CHANGED)),
        adobe_rgb=tags.text(interop.get(TAG_INTEROP_INDEX)) == OPTIONAL_RGB,
    )
