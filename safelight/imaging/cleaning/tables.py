"""Tables: the parts of a JPEG that decode its pixels, in order, without those that nothing uses."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.imaging.cleaning.results import Damaged

SOS, DHT, DQT, DRI, DAC = 0xDA, 0xC4, 0xDB, 0xDD, 0xCC
MAX_TABLES = 4
MAX_CODES = 256
Key = tuple[int, int, int]


@dataclass(slots=True)
class Part:
    """One table, frame or scan; a scan also has pieces of coded data."""

    marker: int
    payload: bytes
    key: Key | None = None
    pieces: list[tuple[int, int]] = field(default_factory=list)
    is_dead: bool = False


def _quantisers(payload: bytes) -> Iterator[tuple[Key, bytes]]:
    place = 0
    while place < len(payload):
        precision, number = payload[place] >> 4, payload[place] & 15
        end = place + 1 + 64 * (precision + 1)
        if precision > 1 or number >= MAX_TABLES or end > len(payload):
            raise Damaged
        yield (DQT, 0, number), payload[place:end]
        place = end


def _codes(payload: bytes) -> Iterator[tuple[Key, bytes]]:
    place = 0
    while place < len(payload):
        kind, number = payload[place] >> 4, payload[place] & 15
        count = sum(payload[place + 1 : place + 17])
        end = place + 17 + count
        if kind > 1 or number >= MAX_TABLES or count > MAX_CODES or end > len(payload):
            raise Damaged
        yield (DHT, kind, number), payload[place:end]
        place = end


def _conditions(payload: bytes) -> Iterator[tuple[Key, bytes]]:
    if len(payload) % 2:
        raise Damaged
    for place in range(0, len(payload), 2):
        yield (DAC, payload[place] >> 4, payload[place] & 15), payload[place : place + 2]


def split_table(marker: int, payload: bytes) -> list[tuple[Key, bytes]]:
    """Split a segment into its single tables. Raises Damaged unless every byte belongs to one."""
    if marker == DRI:
        if len(payload) != 2:
            raise Damaged
        return [((DRI, 0, 0), payload)]
    splitter = {DQT: _quantisers, DHT: _codes, DAC: _conditions}[marker]
    return list(splitter(payload))


class Tables:
    """The parts in their order. A table that is replaced before a scan used it is dead."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.parts: list[Part] = []
        self._waiting: dict[Key, Part] = {}
        self._quantisers: set[int] = set()
        self._codes: set[tuple[int, int]] = set()

    def add(self, marker: int, payload: bytes) -> None:
        """Add the tables of one segment, each by itself."""
        for key, table in split_table(marker, payload):
            part = Part(marker, table, key)
            if key in self._waiting:
                self._waiting[key].is_dead = True
            self._waiting[key] = part
            self.parts.append(part)

    def add_frame(self, marker: int, payload: bytes) -> None:
        """Add the frame header; it names the quantising tables that count."""
        self._quantisers = set(payload[8::3])
        self.parts.append(Part(marker, payload))

    def add_scan(self, payload: bytes, pieces: list[tuple[int, int]]) -> None:
        """Add a scan; it names the tables of codes that count."""
        for chosen in payload[2 : 1 + 2 * payload[0] : 2]:
            self._codes |= {(0, chosen >> 4), (1, chosen & 15)}
        self.parts.append(Part(SOS, payload, pieces=pieces))
        self._waiting.clear()

    def _bury(self) -> None:
        for part in self._waiting.values():
            part.is_dead = True
        for part in self.parts:
            if part.key is None:
                continue
            marker, kind, number = part.key
            if marker == DQT and number not in self._quantisers:
                part.is_dead = True
            if marker == DHT and (kind, number) not in self._codes:
                part.is_dead = True

    def dropped(self) -> bool:
        """Say whether any table is left out."""
        self._bury()
        return any(part.is_dead for part in self.parts)

    def written(self, data: bytes) -> Iterator[bytes | memoryview]:
        """Write the parts that are alive; coded data is copied from the file as it is."""
        self._bury()
        view = memoryview(data)
        for part in self.parts:
            if part.is_dead:
                continue
            yield bytes((0xFF, part.marker)) + (len(part.payload) + 2).to_bytes(2, "big")
            yield part.payload
            yield from (view[begin:end] for begin, end in part.pieces)
