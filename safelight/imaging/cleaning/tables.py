"""Tables: the parts of a JPEG that decode its pixels, in order, without those that nothing uses."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.imaging.cleaning.results import Damaged

SOS, DHT, DQT, DRI, DAC = 0xDA, 0xC4, 0xDB, 0xDD, 0xCC
PROGRESSIVE = frozenset({0xC2, 0xCA})
ARITHMETIC = frozenset({0xC9, 0xCA})
MAX_TABLES = 4
MAX_CODES = 256
MAX_DC, MAX_AC = 11, 10
"""The largest sizes that coefficients of 8-bit pictures have (ITU-T T.81, F.1.2)."""
LONGEST_RUN = 15
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
    """The parts in their order. A table that no scan uses before it is replaced is dead."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.parts: list[Part] = []
        self._frame = 0
        self._waiting: dict[Key, Part] = {}
        self._quantisers: dict[int, int] = {}

    def add(self, marker: int, payload: bytes) -> None:
        """Add the tables of one segment, each by itself."""
        for key, table in split_table(marker, payload):
            part = Part(marker, table, key)
            if key in self._waiting:
                self._waiting[key].is_dead = True
            self._waiting[key] = part
            self.parts.append(part)

    def add_frame(self, marker: int, payload: bytes) -> None:
        """Add the frame header; it names the quantising table of each component."""
        self._frame = marker
        self._quantisers = dict(zip(payload[6::3], payload[8::3], strict=True))
        self.parts.append(Part(marker, payload))

    def _used_by(self, scan: bytes) -> set[Key]:
        """Name what a scan needs. A component is given its quantising table by its first scan."""
        codes = DAC if self._frame in ARITHMETIC else DHT
        is_whole = self._frame not in PROGRESSIVE
        is_first, is_coarse = scan[-3] == 0, scan[-1] >> 4 == 0
        used: set[Key] = {(DRI, 0, 0)}
        for place in range(1, 1 + 2 * scan[0], 2):
            component, chosen = scan[place], scan[place + 1]
            if is_whole or (is_first and is_coarse):
                used.add((codes, 0, chosen >> 4))
            if is_whole or not is_first:
                used.add((codes, 1, chosen & 15))
            if component in self._quantisers:
                used.add((DQT, 0, self._quantisers.pop(component)))
        return used

    def add_scan(self, payload: bytes, pieces: list[tuple[int, int]]) -> None:
        """Add a scan; the tables that it needs live."""
        for key in self._used_by(payload):
            self._waiting.pop(key, None)
        self.parts.append(Part(SOS, payload, pieces=pieces))

    def _bury(self) -> None:
        for part in self._waiting.values():
            part.is_dead = True

    def has_spare_codes(self) -> bool:
        """Say whether a table has codes that no picture of its kind uses, or one twice.

        Codes that are never used can spell anything; only words of few letters pass this by.
        """
        is_whole = self._frame not in PROGRESSIVE
        for part in self.parts:
            if part.marker != DHT or part.key is None or part.is_dead:
                continue
            codes = part.payload[17:]
            if part.key[1] == 0:
                are_sound = all(code <= MAX_DC for code in codes)
            else:
                are_sound = all(
                    code & 15 <= MAX_AC
                    and (code & 15 or not is_whole or code >> 4 in (0, LONGEST_RUN))
                    for code in codes
                )
            if not are_sound or len(set(codes)) < len(codes):
                return True
        return False

    @property
    def is_arithmetic(self) -> bool:
        """Whether the picture is coded in the way that few programs open."""
        return self._frame in ARITHMETIC

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
