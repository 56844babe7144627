"""HEIC: the primary picture, its tiles and its transparency, moved to a new file as they are coded.

The layout is ISO/IEC 23008-12, the coded units are those of ITU-T H.265, 7.3.1. What cannot be
moved safely raises RareKind; then the picture is decoded and coded anew instead.
"""

import struct
from dataclasses import dataclass, field

from safelight.imaging.cleaning.boxes import Item, Items, Reader, boxes, item_bytes, read_items
from safelight.imaging.cleaning.removed import once
from safelight.imaging.cleaning.results import Damaged, RareKind
from safelight.imaging.cleaning.spaces import cleaned_profile
from safelight.imaging.limits import MAX_PIXELS, MAX_SIDE
from safelight.imaging.refusals import PictureTooLarge

CODED, TILED = b"hvc1", b"grid"
ALPHAS = (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1")
NAMED_SIZES = {b"ispe": 12, b"irot": 1, b"imir": 1}
CONFIG_START = 22
FIRST_SETS, LAST_SETS, LAST_PICTURE = 32, 34, 31
NAMES = {
    b"Exif": "EXIF", b"mime": "XMP or other text", b"uri ": "linked data", b"tmap": "gain map",
    b"hvc1": "second picture or thumbnail", b"grid": "second picture", b"jpeg": "thumbnail",
}  # fmt: skip
TRAILER = b"end"
MOVING = {
    TRAILER: "data after the end of the picture",
    b"moov": "video of a motion photo",
    b"uuid": "private block",
    b"mpvd": "video",
}


@dataclass(slots=True)
class Kept:
    """An item that goes along: its bytes, and its properties with whether each is essential."""

    kind: bytes
    data: bytes
    properties: list[tuple[bytes, bool]]
    is_hidden: bool


@dataclass(slots=True)
class Heic:
    """A HEIC taken apart; `order` maps old item numbers to new ones, in their order."""

    brand: bytes
    kept: dict[int, Kept] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    remains: list[str] = field(default_factory=lambda: ["picture"])
    known: dict[int, bytes | None] = field(default_factory=dict)
    """Properties that were looked at already: tiles share them."""


def box(name: bytes, *parts: bytes) -> bytes:
    """Write one box."""
    content = b"".join(parts)
    return struct.pack(">I", len(content) + 8) + name + content


def units(data: bytes, width: int) -> list[bytes]:
    """Split coded data into its units. Raises Damaged unless every byte belongs to one."""
    reader, found = Reader(data), []
    while reader.left:
        unit = reader.take(reader.number(width))
        if len(unit) < 3:
            raise Damaged
        found.append(unit)
    return found


def _type_of(unit: bytes) -> int:
    return unit[0] >> 1 & 63


def _pictures_only(data: bytes, width: int) -> bytes:
    """Drop messages and padding between the coded slices; exactly one picture may be there."""
    kept = [unit for unit in units(data, width) if _type_of(unit) <= LAST_SETS]
    begun = [unit for unit in kept if _type_of(unit) <= LAST_PICTURE and unit[2] & 0x80]
    if len(begun) != 1:
        raise RareKind
    return b"".join(len(unit).to_bytes(width, "big") + unit for unit in kept)


def _config(content: bytes) -> tuple[bytes, int]:
    """Return the decoder configuration without messages, and how long a unit's length is."""
    reader = Reader(content)
    head, arrays = reader.take(CONFIG_START), b""
    count = 0
    for _ in range(reader.number(1)):
        kind, sets = reader.number(1), []
        for _ in range(reader.number(2)):
            sets.append(reader.take(reader.number(2)))
        if FIRST_SETS <= kind & 63 <= LAST_SETS and sets:
            count += 1
            arrays += bytes((kind & 0xBF,)) + struct.pack(">H", len(sets))
            arrays += b"".join(struct.pack(">H", len(one)) + one for one in sets)
    if head[0] != 1 or reader.left:
        raise RareKind
    return head + bytes((count,)) + arrays, (head[21] & 3) + 1


def _colour(heic: Heic, content: bytes) -> bytes | None:
    if content[:4] == b"nclx" and len(content) == 11:
        heic.remains.append("colour marks")
        return content[:10] + bytes((content[10] & 0x80,))
    if content[:4] not in (b"prof", b"rICC"):
        return None
    profile, _ = cleaned_profile(content[4:])
    if profile != content[4:]:
        heic.removed.append("names in the colour profile")
    if profile is None:
        return None
    heic.remains.append("colour")
    return b"prof" + profile


def _property(heic: Heic, name: bytes, content: bytes) -> bytes | None:
    """Return a property as it may be kept; None when it goes. Raises RareKind for a crop."""
    if name == b"hvcC":
        return _config(content)[0]
    if name == b"colr":
        return _colour(heic, content)
    if name == b"auxC":
        kind = content[4:].partition(b"\0")[0]
        return bytes(4) + kind + b"\0" if kind in ALPHAS else None
    if name == b"pixi":
        return content if len(content) == 5 + content[4] else None
    if len(content) != NAMED_SIZES.get(name):
        return None
    if name in (b"irot", b"imir"):
        heic.remains.append("turn")
        return bytes((content[0] & (3 if name == b"irot" else 1),))
    return content


def _keep(heic: Heic, data: bytes, found: Items, number: int, *, is_hidden: bool) -> None:
    item = found.items.get(number)
    if item is None or item.kind not in (CODED, TILED) or number in heic.kept:
        raise RareKind
    width, properties = 0, []
    for index, is_essential in item.properties:
        if not 1 <= index <= len(found.properties):
            raise Damaged
        name, content = found.properties[index - 1]
        if index not in heic.known:
            heic.known[index] = _property(heic, name, content)
        kept = heic.known[index]
        if kept is None:
            if is_essential or name in (b"clap", b"rloc"):
                raise RareKind  # it changes what is seen: a crop hides pixels that are still there
            continue
        if name == b"hvcC":
            width = _config(content)[1]
        properties.append((box(name, kept), is_essential))
    payload = item_bytes(data, found, item)
    if item.kind == CODED:
        payload = _pictures_only(payload, width or 4)
    heic.kept[number] = Kept(item.kind, payload, properties, is_hidden)
    if item.kind == TILED:
        _keep_tiles(heic, data, found, number, payload)


def _keep_tiles(heic: Heic, data: bytes, found: Items, number: int, grid: bytes) -> None:
    wide = 4 if len(grid) > 1 and grid[1] & 1 else 2
    if len(grid) != 4 + 2 * wide or grid[0]:
        raise RareKind
    sides = [int.from_bytes(grid[at : at + wide], "big") for at in (4, 4 + wide)]
    if max(sides) > MAX_SIDE or sides[0] * sides[1] > MAX_PIXELS:
        raise PictureTooLarge
    tiles = [to for name, source, to in found.references if (name, source) == (b"dimg", number)]
    if len(tiles) != 1 or len(tiles[0]) != (grid[2] + 1) * (grid[3] + 1):
        raise RareKind
    heic.references.append((b"dimg", number, tiles[0]))
    for tile in tiles[0]:
        if found.items.get(tile, Item()).kind != CODED:
            raise RareKind
        _keep(heic, data, found, tile, is_hidden=True)


def _is_alpha(found: Items, number: int) -> bool:
    item = found.items.get(number, Item())
    names = [found.properties[index - 1] for index, _ in item.properties
             if 1 <= index <= len(found.properties)]  # fmt: skip
    return any(
        name == b"auxC" and content[4:].partition(b"\0")[0] in ALPHAS for name, content in names
    )


def _outer(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the outer boxes. What follows the picture without being a box is a trailer."""
    parts: list[tuple[bytes, bytes]] = []
    try:
        for part in boxes(data):
            parts.append(part)
    except Damaged:
        if {b"ftyp", b"meta"} - {name for name, _ in parts}:
            raise
        parts.append((TRAILER, b""))
    return parts


def read_heic(data: bytes) -> Heic:
    """Take a HEIC apart. Raises RareKind for one that cannot be moved as it is coded."""
    parts = _outer(data)
    metas = [content for name, content in parts if name == b"meta"]
    if len(metas) != 1 or parts[0][0] != b"ftyp":
        raise RareKind
    found = read_items(metas[0])
    brand = parts[0][1][:4]
    heic = Heic(brand if brand in (b"heic", b"heix") else b"heic")
    _keep(heic, data, found, found.primary, is_hidden=False)
    for name, source, targets in list(found.references):
        if name == b"auxl" and targets == (found.primary,) and _is_alpha(found, source):
            _keep(heic, data, found, source, is_hidden=True)
            heic.references.append((b"auxl", source, targets))
            heic.remains.append("transparency")
        if name == b"prem" and source == found.primary:
            heic.references.append((name, source, targets))
    heic.removed += [NAMES.get(item.kind, "private item") for number, item in found.items.items()
                     if number not in heic.kept]  # fmt: skip
    heic.removed += [MOVING.get(name, "private block") for name, _ in parts
                     if name not in (b"ftyp", b"meta", b"mdat", b"free", b"skip")]  # fmt: skip
    return heic


def _entries(heic: Heic, numbers: dict[int, int]) -> bytes:
    entries = [
        box(b"infe", bytes((2, 0, 0, kept.is_hidden)), struct.pack(">HH", numbers[old], 0),
            kept.kind, b"\0")
        for old, kept in heic.kept.items()
    ]  # fmt: skip
    return box(b"iinf", bytes(4), struct.pack(">H", len(entries)), *entries)


def _references(heic: Heic, numbers: dict[int, int]) -> bytes:
    lines = [
        box(name, struct.pack(">HH", numbers[source], len(targets)),
            *(struct.pack(">H", numbers[one]) for one in targets))
        for name, source, targets in heic.references
        if source in numbers and all(one in numbers for one in targets)
    ]  # fmt: skip
    return box(b"iref", bytes(4), *lines) if lines else b""


def _uses(heic: Heic, numbers: dict[int, int]) -> bytes:
    held: dict[bytes, int] = {}
    lines = []
    for old, kept in heic.kept.items():
        marks = [
            struct.pack(">H", held.setdefault(content, len(held) + 1) | (0x8000 if must else 0))
            for content, must in kept.properties
        ]
        lines.append(struct.pack(">HB", numbers[old], len(marks)) + b"".join(marks))
    uses = box(b"ipma", bytes((0, 0, 0, 1)), struct.pack(">I", len(lines)), *lines)
    return box(b"iprp", box(b"ipco", *held), uses)


def _places(heic: Heic, numbers: dict[int, int], start: int) -> bytes:
    lines, outer, inner = b"", start, 0
    for old, kept in heic.kept.items():
        is_tiled = kept.kind == TILED
        place = inner if is_tiled else outer
        lines += struct.pack(">HHHH", numbers[old], int(is_tiled), 0, 1)
        lines += struct.pack(">II", place, len(kept.data))
        if is_tiled:
            inner += len(kept.data)
        else:
            outer += len(kept.data)
    return box(b"iloc", bytes((1, 0, 0, 0)), b"\x44\0", struct.pack(">H", len(numbers)), lines)


def write_heic(heic: Heic) -> tuple[bytes, list[str]]:
    """Write the picture with nothing else in it, and say what remains."""
    numbers = {old: new for new, old in enumerate(heic.kept, 1)}
    head = box(b"ftyp", heic.brand, bytes(4), b"mif1", heic.brand)
    inner = b"".join(kept.data for kept in heic.kept.values() if kept.kind == TILED)
    coded = [kept.data for kept in heic.kept.values() if kept.kind != TILED]
    fixed = [
        box(b"hdlr", bytes(8), b"pict", bytes(13)),
        box(b"pitm", bytes(4), struct.pack(">H", 1)),
        _entries(heic, numbers),
        _references(heic, numbers),
        _uses(heic, numbers),
        box(b"idat", inner) if inner else b"",
    ]
    size = len(box(b"meta", bytes(4), *fixed, _places(heic, numbers, 0)))
    places = _places(heic, numbers, len(head) + size + 8)
    heic.removed = once(heic.removed)
    meta = box(b"meta", bytes(4), *fixed, places)
    return b"".join([head, meta, box(b"mdat", *coded)]), once(heic.remains)
