"""PNG: the chunks that make pixels and say colours; the coded rows are copied as they are.

Chunks and their sizes from the PNG specification (W3C, third edition). Rows that lie beyond the
picture in the compressed data are cut: a cropped picture written over a larger one leaves them.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.imaging.cleaning.icc import MAX_PROFILE
from safelight.imaging.cleaning.removed import inside_exif, names_of_trailer, once
from safelight.imaging.cleaning.results import Damaged, ManyPictures
from safelight.imaging.cleaning.spaces import cleaned_profile
from safelight.imaging.limits import MAX_PIXELS, MAX_SIDE
from safelight.imaging.metadata import Exif, read_exif
from safelight.imaging.refusals import PictureTooLarge

SIGN = b"\x89PNG\r\n\x1a\n"
MAX_CHUNKS = 200_000
STEP = 1024 * 1024
PACKING = 6
OPAQUE = 255
MARKS = {
    b"cICP": (">4B", (22, 18, 0, 1)),
    b"gAMA": (">I", (1_000_000,)),
    b"cHRM": (">8I", (100_000,) * 8),
    b"sRGB": (">B", (3,)),
}
"""Colour marks that are kept, and the most that each of their numbers can be. What is beyond it is
no colour, and no decoder heeds it."""
MOST_DENSE = 1_000_000
"""Pixels to the metre, or one side of a pixel to the other: far beyond every scanner."""
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))  # fmt: skip
"""Adam7: first column and row, then the steps, of each pass (PNG specification, section 8)."""
NAMES = {
    b"tEXt": "text", b"zTXt": "text", b"iTXt": "text or XMP", b"tIME": "time",
    b"iCCP": "second colour profile", b"bKGD": "background colour", b"hIST": "histogram",
    b"caBX": "content credentials (JUMBF, C2PA)", b"sPLT": "suggested palette",
}  # fmt: skip


@dataclass(slots=True)
class Png:
    """A PNG taken apart."""

    header: bytes = b""
    palette: bytes | None = None
    clear: bytes | None = None
    density: bytes | None = None
    marks: dict[bytes, bytes] = field(default_factory=dict)
    profile: bytes | None = None
    rows: list[bytes] = field(default_factory=list)
    exif: Exif | None = None
    removed: list[str] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        wide, high = struct.unpack(">II", self.header[:8])
        return wide, high


def chunks(data: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Yield name, content and end of each chunk up to IEND. A wrong checksum is damage."""
    place = len(SIGN)
    for _ in range(MAX_CHUNKS):
        if place + 12 > len(data):
            break
        size = int.from_bytes(data[place : place + 4], "big")
        end = place + 12 + size
        if end > len(data):
            break
        body = data[place + 4 : end - 4]
        if zlib.crc32(body) != int.from_bytes(data[end - 4 : end], "big"):
            break
        yield body[:4], body[4:], end
        if body[:4] == b"IEND":
            return
        place = end
    raise Damaged


def _check_header(header: bytes) -> None:
    if len(header) != 13:
        raise Damaged
    wide, high, depth, colour, packing, filtering, lacing = struct.unpack(">IIBBBBB", header)
    if depth not in DEPTHS.get(colour, ()) or packing or filtering or lacing > 1:
        raise Damaged
    if not wide or not high:
        raise Damaged
    if max(wide, high) > MAX_SIDE or wide * high > MAX_PIXELS:
        raise PictureTooLarge


def row_bytes(header: bytes) -> int:
    """Return how many bytes the unpacked rows have, filter bytes and all passes included."""
    wide, high, depth, colour, _, _, lacing = struct.unpack(">IIBBBBB", header)
    bits = depth * CHANNELS[colour]
    if not lacing:
        return int(high * (1 + (wide * bits + 7) // 8))
    total = 0
    for left, top, across, down in PASSES:
        columns, rows = -(-(wide - left) // across), -(-(high - top) // down)
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _profile_in(content: bytes) -> bytes | None:
    name, _, packed = content.partition(b"\0")
    if len(name) > 79 or packed[:1] != b"\0":
        return None
    unpacker = zlib.decompressobj()
    try:
        profile = unpacker.decompress(packed[1:], MAX_PROFILE)
    except zlib.error:
        return None
    return profile if unpacker.eof else None


def _is_mark(name: bytes, content: bytes) -> bool:
    form, most = MARKS.get(name, ("", ()))
    if not most or struct.calcsize(form) != len(content):
        return False
    return all(one <= limit for one, limit in zip(struct.unpack(form, content), most, strict=True))


def _is_density(content: bytes) -> bool:
    if len(content) != 9 or content[8] > 1:
        return False
    return all(0 < one <= MOST_DENSE for one in struct.unpack(">II", content[:8]))


def _check_small(png: Png, name: bytes, content: bytes) -> None:
    """Keep a palette, a transparency, a density or a colour mark when its length is right."""
    colour = png.header[9]
    if name == b"PLTE" and png.palette is None and not png.rows:
        if not content or len(content) % 3 or len(content) > 3 * 256:
            raise Damaged
        if colour == 3 and len(content) > 3 << png.header[8]:
            raise Damaged
        png.palette = content if colour == 3 else None
        png.removed += [] if colour == 3 else ["suggested palette"]
    elif name == b"tRNS" and png.clear is None and not png.rows:
        most = len(png.palette or b"") // 3
        wanted = {0: (2,), 2: (6,), 3: tuple(range(1, most + 1))}.get(colour, ())
        if len(content) not in wanted:
            raise Damaged
        png.clear = content
    elif name == b"pHYs" and _is_density(content) and png.density is None:
        png.density = content
    elif _is_mark(name, content) and name not in png.marks:
        png.marks[name] = content
    else:
        png.removed.append(NAMES.get(name, "private or unknown block"))


def _read_chunk(png: Png, name: bytes, content: bytes) -> None:
    if name in (b"acTL", b"fcTL", b"fdAT"):
        raise ManyPictures
    if name == b"IDAT":
        png.rows.append(content)
    elif name == b"iCCP" and png.profile is None:
        png.profile = _profile_in(content)
        png.removed.append("names in the colour profile")
    elif name == b"eXIf":
        png.removed += ["EXIF", *inside_exif(content)]
        png.exif = png.exif or read_exif(content)
    elif name in (b"PLTE", b"tRNS", b"pHYs", *MARKS):
        _check_small(png, name, content)
    elif name[:1].isupper():
        raise Damaged  # a critical chunk that nobody knows, or a second header
    else:
        png.removed.append(NAMES.get(name, "private or unknown block"))


def read_png(data: bytes) -> Png:
    """Take a PNG apart. Raises Damaged unless all that makes its pixels is whole."""
    png = Png()
    last = b""
    for name, content, end in chunks(data):
        if not png.header:
            if name != b"IHDR":
                raise Damaged
            _check_header(content)
            png.header = content
            continue
        if name == b"IEND":
            if end < len(data):
                png.removed += names_of_trailer(data[end:])
            if content:
                png.removed.append("text")
            break
        if name == b"IDAT" and png.rows and last != b"IDAT":
            raise Damaged
        _read_chunk(png, name, content)
        last = name
    if not png.rows or (png.header[9] == 3 and png.palette is None):
        raise Damaged
    return png


def _exact_rows(png: Png) -> list[bytes]:
    """Return the compressed rows as they are, or packed anew when more than the picture was in."""
    wanted, unpacker = row_bytes(png.header), zlib.decompressobj()
    count, has_more = 0, False
    for piece in png.rows:
        rest = piece
        while rest and not unpacker.eof and count <= wanted:
            count += len(unpacker.decompress(rest, STEP))
            rest = unpacker.unconsumed_tail
        has_more = has_more or bool(rest) or bool(unpacker.unused_data)
    if count < wanted:
        raise Damaged
    if unpacker.eof and count == wanted and not has_more:
        return png.rows
    png.removed.append("rows beyond the picture")
    return _packed_anew(png.rows, wanted)


def _packed_anew(rows: list[bytes], wanted: int) -> list[bytes]:
    unpacker, packer = zlib.decompressobj(), zlib.compressobj(PACKING)
    packed, left = [], wanted
    for piece in rows:
        rest = piece
        while rest and left and not unpacker.eof:
            plain = unpacker.decompress(rest, min(STEP, left))
            rest = unpacker.unconsumed_tail
            left -= len(plain)
            packed.append(packer.compress(plain))
    return [b"".join([*packed, packer.flush()])]


def clear_palette(png: Png, used: set[int]) -> bool:
    """Empty the entries of the palette that no pixel uses. Says whether there was anything in them.

    Programs leave there what they had: colours of what was cut away, or whatever was in memory.
    """
    palette, last = png.palette or b"", max(used, default=0) + 1
    kept = b"".join(
        palette[3 * index : 3 * index + 3] if index in used else bytes(3)
        for index in range(min(last, len(palette) // 3))
    )
    clear = None
    if png.clear is not None:
        clear = bytes(
            value if index in used else OPAQUE for index, value in enumerate(png.clear[:last])
        )
    is_changed = (kept, clear) != (png.palette, png.clear)
    png.palette, png.clear = kept, clear
    png.removed += ["colours that no pixel uses"] if is_changed else []
    return is_changed


def chunk(name: bytes, content: bytes) -> bytes:
    """Write one chunk."""
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def profile_chunk(profile: bytes) -> bytes:
    """Write a colour profile under a neutral name."""
    return chunk(b"iCCP", b"ICC\0\0" + zlib.compress(profile, 9))


def write_png(png: Png) -> tuple[bytes, list[str]]:
    """Write the picture with nothing else in it, and say what remains."""
    remains, parts = ["picture"], [SIGN, chunk(b"IHDR", png.header)]
    profile, _ = cleaned_profile(png.profile)
    if profile == png.profile:
        png.removed = [name for name in png.removed if name != "names in the colour profile"]
    parts += [chunk(name, png.marks[name]) for name in sorted(png.marks)]
    if png.marks:
        remains.append("colour marks")
    if profile is not None:
        parts.append(profile_chunk(profile))
        remains.append("colour")
    parts += [chunk(b"PLTE", png.palette)] if png.palette is not None else []
    parts += [chunk(b"tRNS", png.clear)] if png.clear is not None else []
    if png.clear is not None or png.header[9] in (4, 6):
        remains.append("transparency")
    if png.density is not None:
        parts.append(chunk(b"pHYs", png.density))
        remains.append("density")
    try:
        parts += [chunk(b"IDAT", piece) for piece in _exact_rows(png)]
    except zlib.error as problem:
        raise Damaged from problem
    png.removed = once(png.removed)
    return b"".join([*parts, chunk(b"IEND", b"")]), remains
