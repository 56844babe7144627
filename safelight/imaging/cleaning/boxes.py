"""Boxes: the layout of HEIC files, read within bounds (ISO/IEC 14496-12, 23008-12)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from safelight.imaging.cleaning.results import Damaged, RareKind

MAX_BOXES = 20_000
MAX_ITEMS = 4_000
MAX_EXTENTS = 64


@dataclass(slots=True)
class Reader:
    """Reads numbers one after the other. Raises Damaged at the end of what there is."""

    data: bytes
    place: int = 0

    def take(self, size: int) -> bytes:
        """Take the next bytes."""
        end = self.place + size
        if size < 0 or end > len(self.data):
            raise Damaged
        piece = self.data[self.place : end]
        self.place = end
        return piece

    def number(self, size: int) -> int:
        """Take the next number; none of no size."""
        return int.from_bytes(self.take(size), "big")

    @property
    def left(self) -> int:
        """How many bytes are left."""
        return len(self.data) - self.place


@dataclass(slots=True)
class Item:
    """One item of a HEIC file: what it is, where its bytes are, what it is made of."""

    kind: bytes = b""
    method: int = 0
    extents: list[tuple[int, int]] = field(default_factory=list)
    properties: list[tuple[int, bool]] = field(default_factory=list)


@dataclass(slots=True)
class Items:
    """What a meta box says."""

    primary: int = 0
    items: dict[int, Item] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)
    properties: list[tuple[bytes, bytes]] = field(default_factory=list)
    inner: bytes = b""
    taken: int = 0


def boxes(data: bytes, start: int = 0) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of each box. The last may say that it reaches to the end."""
    place = start
    for _ in range(MAX_BOXES):
        if place == len(data):
            return
        size, name, head = (
            int.from_bytes(data[place : place + 4], "big"),
            data[place + 4 : place + 8],
            8,
        )
        if size == 1:
            size, head = int.from_bytes(data[place + 8 : place + 16], "big"), 16
        elif size == 0:
            size = len(data) - place
        if size < head or place + size > len(data):
            raise Damaged
        yield name, data[place + head : place + size]
        place += size
    raise Damaged


def _versioned(content: bytes) -> tuple[int, int, Reader]:
    reader = Reader(content)
    return reader.number(1), reader.number(3), reader


def _read_entries(found: Items, content: bytes) -> None:
    version, _, reader = _versioned(content)
    reader.number(4 if version else 2)
    for name, entry in boxes(content, reader.place):
        kind, _, inside = _versioned(entry)
        if name != b"infe" or kind not in (2, 3):
            raise RareKind
        number = inside.number(2 if kind == 2 else 4)
        if inside.number(2):
            raise RareKind  # protected
        found.items.setdefault(number, Item()).kind = inside.take(4)
        if len(found.items) > MAX_ITEMS:
            raise RareKind


def _read_places(found: Items, content: bytes) -> None:
    version, _, reader = _versioned(content)
    if version > 2:
        raise RareKind
    sizes, more = reader.number(1), reader.number(1)
    offset_size, length_size, base_size = sizes >> 4, sizes & 15, more >> 4
    index_size = more & 15 if version else 0
    count = reader.number(4 if version == 2 else 2)
    for _ in range(min(count, MAX_ITEMS + 1)):
        number = reader.number(4 if version == 2 else 2)
        item = found.items.setdefault(number, Item())
        item.method = reader.number(2) & 15 if version else 0
        if reader.number(2):
            raise RareKind  # in another file
        base, extents = reader.number(base_size), reader.number(2)
        if extents > MAX_EXTENTS:
            raise RareKind
        item.extents = []
        for _ in range(extents):
            reader.number(index_size)
            start = base + reader.number(offset_size)
            item.extents.append((start, reader.number(length_size)))


def _read_references(found: Items, content: bytes) -> None:
    version, _, reader = _versioned(content)
    width = 4 if version else 2
    for name, entry in boxes(content, reader.place):
        inside = Reader(entry)
        source, count = inside.number(width), inside.number(2)
        found.references.append((name, source, tuple(inside.number(width) for _ in range(count))))


def _read_uses(found: Items, content: bytes) -> None:
    version, flags, reader = _versioned(content)
    width = 2 if flags & 1 else 1
    for _ in range(min(reader.number(4), MAX_ITEMS + 1)):
        item = found.items.setdefault(reader.number(4 if version else 2), Item())
        for _ in range(reader.number(1)):
            value = reader.number(width)
            top = 1 << (8 * width - 1)
            item.properties.append((value & (top - 1), bool(value & top)))


def _read_primary(found: Items, content: bytes) -> None:
    version, _, reader = _versioned(content)
    found.primary = reader.number(4 if version else 2)


def _read_inner(found: Items, content: bytes) -> None:
    found.inner = content


def _read_properties(found: Items, content: bytes) -> None:
    for part, inside in boxes(content):
        if part == b"ipco":
            found.properties = list(boxes(inside))
        elif part == b"ipma":
            _read_uses(found, inside)


PARTS: dict[bytes, Callable[[Items, bytes], None]] = {
    b"pitm": _read_primary,
    b"iinf": _read_entries,
    b"iloc": _read_places,
    b"iref": _read_references,
    b"idat": _read_inner,
    b"iprp": _read_properties,
}


def read_items(meta: bytes) -> Items:
    """Read a meta box: its items, where they are, how they refer, and their properties."""
    found = Items()
    for name, content in boxes(meta, 4):
        if name in PARTS:
            PARTS[name](found, content)
    return found


def item_bytes(data: bytes, found: Items, item: Item) -> bytes:
    """Put an item's bytes together from where they lie."""
    if item.method not in (0, 1) or not item.extents:
        raise RareKind
    source = data if item.method == 0 else found.inner
    found.taken += sum(size or len(source) for _, size in item.extents)
    if found.taken > len(data):
        raise RareKind  # the same bytes again and again: a small file that becomes a large one
    parts = []
    for start, size in item.extents:
        part = source[start : start + size] if size else source[start:]
        if size and len(part) != size:
            raise Damaged
        parts.append(part)
    return b"".join(parts)
