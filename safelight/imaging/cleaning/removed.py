"""Removed: what a block of hidden data is called, so that a person can be told that it is gone.

Only names of ours are said; nothing that a block holds is repeated.
"""

import struct
from collections.abc import Iterable

MOTION = b"ftyp"
PICTURE = b"\xff\xd8\xff"
SIGNS: dict[int, tuple[tuple[bytes, str], ...]] = {
    0xE0: ((b"JFXX\0", "JFIF thumbnail"), (b"JFIF\0", "second JFIF header")),
    0xE1: (
        (b"Exif\0", "EXIF"),
        (b"http://ns.adobe.com/xap/", "XMP"),
        (b"http://ns.adobe.com/xmp/ext", "extended XMP"),
    ),
    0xE2: (
        (b"ICC_PROFILE\0", "names in the colour profile"),
        (b"MPF\0", "list of further pictures (MPF)"),
        (b"urn:iso:std:iso:ts:21496", "gain map"),
        (b"FPXR\0", "FlashPix data"),
    ),
    0xEB: ((b"JP", "content credentials (JUMBF, C2PA)"),),
    0xEC: ((b"Ducky", "Ducky block"),),
    0xED: ((b"Photoshop 3.0", "IPTC and Photoshop data"), (b"Adobe_Photoshop", "Photoshop data")),
    0xFE: ((b"", "comment"),),
}
TAG_EXIF, TAG_GPS, TAG_NOTES = 0x8769, 0x8825, 0x927C
MAX_ENTRIES = 512


def name_of_segment(marker: int, payload: bytes) -> str:
    """Name a JPEG segment by its marker and signature."""
    for sign, name in SIGNS.get(marker, ()):
        if payload.startswith(sign):
            return name
    return f"camera or vendor block (APP{marker & 15})"


def _directory(block: bytes, order: str, place: int) -> tuple[dict[int, int], int]:
    """Return the tags with their values, and where the next directory lies."""
    (count,) = struct.unpack_from(order + "H", block, place)
    tags: dict[int, int] = {}
    for index in range(min(count, MAX_ENTRIES)):
        tag, _, _, value = struct.unpack_from(order + "HHII", block, place + 2 + 12 * index)
        tags[tag] = value
    (following,) = struct.unpack_from(order + "I", block, place + 2 + 12 * count)
    return tags, following


def inside_exif(block: bytes) -> list[str]:
    """Name what an EXIF block holds beyond plain tags; a broken block has no more to say."""
    found: list[str] = []
    order = {b"II": "<", b"MM": ">"}.get(block[:2])
    if order is None:
        return found
    try:
        (first,) = struct.unpack_from(order + "I", block, 4)
        tags, following = _directory(block, order, first)
        if TAG_GPS in tags:
            found.append("GPS position")
        if following:
            found.append("EXIF thumbnail")
        if TAG_EXIF in tags and TAG_NOTES in _directory(block, order, tags[TAG_EXIF])[0]:
            found.append("camera maker's notes")
    except struct.error:
        pass
    return found


def names_of_trailer(tail: bytes) -> list[str]:
    """Name what lies after the end of a picture."""
    found = ["data after the end of the picture"] if tail.strip(b"\0") else ["padding"]
    if tail.find(MOTION, 0, 64) == 4 or b"\0ftyp" in tail:
        found.append("video of a motion photo")
    if PICTURE in tail:
        found.append("further pictures after the first")
    return found


def once(names: Iterable[str]) -> list[str]:
    """Return each name once, in the order of its first appearance."""
    return list(dict.fromkeys(names))
