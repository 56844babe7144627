"""Verify, colour profiles: the only words are ours, the only tags are numbers, nothing between."""

from safelight.imaging.cleaning.results import NotProved

WORDS = ("Colours", "sRGB", "Display P3", "Adobe RGB")
NUMBERS = {
    b"wtpt", b"bkpt", b"rXYZ", b"gXYZ", b"bXYZ", b"chad", b"rTRC", b"gTRC", b"bTRC", b"kTRC",
    b"A2B0", b"A2B1", b"A2B2", b"B2A0", b"B2A1", b"B2A2",
}  # fmt: skip
WHITE = b"\0\0\xf6\xd6\0\1\0\0\0\0\xd3\x2d"
CURVE_NUMBERS = {0: 1, 1: 3, 2: 4, 3: 5, 4: 7}


def require(holds: bool) -> None:
    """Raise NotProved unless it holds."""
    if not holds:
        raise NotProved


def _at(data: bytes, place: int, size: int) -> int:
    require(place + size <= len(data))
    return int.from_bytes(data[place : place + size], "big")


def _curve_end(data: bytes, place: int) -> int:
    kind = data[place : place + 4]
    require(data[place + 4 : place + 8] == bytes(4))
    if kind == b"curv":
        return place + 12 + 2 * _at(data, place + 8, 4)
    require(kind == b"para" and _at(data, place + 8, 2) in CURVE_NUMBERS)
    require(data[place + 10 : place + 12] == b"\0\0")
    return place + 12 + 4 * CURVE_NUMBERS[_at(data, place + 8, 2)]


def _curves_end(data: bytes, place: int, count: int) -> int:
    for _ in range(count):
        end = _curve_end(data, place)
        place = end + -end % 4
        require(not any(data[end:place]))
    return place


def _table_end(data: bytes) -> int:
    """Walk a table of the newer kind: its parts must lie one after the other."""
    ins, outs = data[8], data[9]
    before, behind = (outs, ins) if data[:4] == b"mAB " else (ins, outs)
    places = [_at(data, 12 + 4 * index, 4) for index in range(5)]
    middle = outs if data[:4] == b"mAB " else ins
    end = 32
    for index, count in ((0, before), (1, 0), (2, middle), (3, 0), (4, behind)):
        if not places[index]:
            continue
        require(places[index] == end)
        if index == 1:
            end += 48
        elif index == 3:
            size = data[end + 16] * outs
            for steps in data[end : end + ins]:
                size *= steps
            require(not any(data[end + ins : end + 16]) and not any(data[end + 17 : end + 20]))
            last = end + 20 + size
            end = last + -last % 4
            require(not any(data[last:end]))
        else:
            end = _curves_end(data, end, count)
    return end


def _check_element(key: bytes, data: bytes) -> None:
    kind = data[:4]
    require(data[4:8] == bytes(4))
    if kind in (b"curv", b"para"):
        require(key.endswith(b"TRC") and _curve_end(data, 0) == len(data))
    elif kind == b"XYZ ":
        require(len(data) == 20 and (key.endswith(b"XYZ") or key in (b"wtpt", b"bkpt")))
    elif kind == b"sf32":
        require(len(data) == 44 and key == b"chad")
    elif kind in (b"mft1", b"mft2"):
        ins, outs, steps, width = data[8], data[9], data[10], int(kind[3:])
        first, last = (256, 256) if width == 1 else (_at(data, 48, 2), _at(data, 50, 2))
        size = width * (ins * first + outs * steps**ins + outs * last)
        require(len(data) == (48 if width == 1 else 52) + size and data[11] == 0)
    else:
        require(kind in (b"mAB ", b"mBA ") and _table_end(data) == len(data))


def _said(key: bytes, version: int) -> list[bytes]:
    """Return what a description or a copyright may be, byte for byte."""
    said = []
    for words in WORDS if key == b"desc" else ("None",):
        if version == 4:
            wide = words.encode("utf-16-be")
            said.append(
                b"mluc\0\0\0\0\0\0\0\1\0\0\0\x0cenUS" + len(wide).to_bytes(4, "big")
                + b"\0\0\0\x1c" + wide
            )  # fmt: skip
        elif key == b"cprt":
            said.append(b"text\0\0\0\0" + words.encode() + b"\0")
        else:
            count = (len(words) + 1).to_bytes(4, "big")
            said.append(b"desc\0\0\0\0" + count + words.encode() + bytes(79))
    return said


def check_profile(data: bytes) -> None:
    """Check that a profile holds colours and no more. Raises NotProved."""
    require(len(data) > 132 and _at(data, 0, 4) == len(data) and len(data) % 4 == 0)
    require(data[8:12] in (b"\x04\x20\0\0", b"\x02\x10\0\0") and data[36:40] == b"acsp")
    require(not any(data[4:8] + data[24:36] + data[40:64] + data[80:128]))
    require(data[68:80] == WHITE and _at(data, 64, 4) < 4)
    count = _at(data, 128, 4)
    covered = {(0, 132 + 12 * count)}
    for entry in range(132, 132 + 12 * count, 12):
        key, start, size = data[entry : entry + 4], _at(data, entry + 4, 4), _at(data, entry + 8, 4)
        element = data[start : start + size]
        require(len(element) == size)
        if key in (b"desc", b"cprt"):
            require(element in _said(key, data[8]))
        else:
            require(key in NUMBERS)
            _check_element(key, element)
        covered.add((start, start + size))
    place = 0
    for start, end in sorted(covered):
        require(place <= start < place + 4 and not any(data[place:start]))
        place = end
    require(len(data) - place < 4 and not any(data[place:]))
