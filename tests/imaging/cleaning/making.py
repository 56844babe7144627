"""Pictures with a secret in every place where one can be: made here, looked for after cleaning."""

import io
import re
import struct
import zlib
from collections.abc import Callable

import numpy as np
import pillow_heif
from PIL import Image

SECRET = b"Canary Placeholder 7f3a"
WIDE = SECRET.decode().encode("utf-16-be")
FORMS = (SECRET, WIDE, SECRET.decode().encode("utf-16-le"), SECRET[:12], SECRET[-12:])


def skin(width: int = 96, height: int = 64, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """Draw something with edges and gradients, different in each corner."""
    draw = np.random.default_rng(seed)
    small = draw.integers(0, 255, (height // 8 + 1, width // 8 + 1, 3), np.uint8)
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def coded(picture: Image.Image, kind: str, **options: object) -> bytes:
    """Code a picture with Pillow."""
    target = io.BytesIO()
    picture.save(target, kind, **options)
    return target.getvalue()


def opened(data: bytes) -> Image.Image:
    """Open with Pillow, all of it, HEIC too."""
    if data[4:8] == b"ftyp":
        return pillow_heif.open_heif(data).to_pillow()
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def same_pixels(one: bytes, other: bytes) -> bool:
    """Say whether two files decode to the very same values."""
    first, second = (np.asarray(opened(data).convert("RGBA")) for data in (one, other))
    return first.shape == second.shape and bool((first == second).all())


def holds_secret(data: bytes) -> bool:
    """Look for the secret as it is, and in everything that unpacks."""
    if any(form in data for form in FORMS):
        return True
    at = data.find(b"\x78")
    while at >= 0:
        try:
            if any(form in zlib.decompressobj().decompress(data[at:], 1 << 22) for form in FORMS):
                return True
        except zlib.error:
            pass
        at = data.find(b"\x78", at + 1)
    return False


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def exif_block(orientation: int = 1) -> bytes:
    """EXIF with the secret in plain tags, a maker's note, GPS, and a thumbnail with EXIF inside."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    for tag in (0x010E, 0x010F, 0x0110, 0x013B, 0x8298):
        exif[tag] = SECRET.decode()
    exif[0x8769] = {0x927C: SECRET * 5, 0x9286: SECRET, 0xA420: SECRET.decode()}
    exif[0x8825] = {1: "S", 2: (33.0, 51.0, 31.0), 0x1D: SECRET.decode()}
    plain = exif.tobytes().removeprefix(b"Exif\0\0")
    thumb = coded(skin(32, 24, seed=9), "JPEG")
    thumb = thumb[:2] + segment(0xE1, b"Exif\0\0" + SECRET) + thumb[2:]
    return plain + thumb


def after_start(piece: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:2] + piece + data[2:]


def before_scan(piece: bytes) -> Callable[[bytes], bytes]:
    def put(data: bytes) -> bytes:
        at = data.index(b"\xff\xda")
        return data[:at] + piece + data[at:]

    return put


def before_last_scan(piece: bytes) -> Callable[[bytes], bytes]:
    def put(data: bytes) -> bytes:
        at = data.rindex(b"\xff\xda")
        return data[:at] + piece + data[at:]

    return put


def at_end(piece: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data + piece


def in_jfif(data: bytes) -> bytes:
    """Give the JFIF header a thumbnail."""
    size = struct.unpack(">H", data[4:6])[0]
    side = 4
    thumb = (SECRET * 3)[: 3 * side * side]
    body = data[6 : 6 + 12] + bytes((side, side)) + thumb.ljust(3 * side * side, b"x")
    return data[:2] + segment(0xE0, body) + data[4 + size :]


def quantiser(number: int) -> bytes:
    return segment(0xDB, bytes((number,)) + (SECRET * 4)[:64])


def codes(number: int) -> bytes:
    """A table of Huffman codes that is valid, unused, and spells the secret."""
    symbols = SECRET
    counts = bytes(7) + bytes((len(symbols),)) + bytes(8)
    return segment(0xC4, bytes((0x10 | number,)) + counts + symbols)


def spare_codes(data: bytes) -> bytes:
    """Add codes to the last table that no block uses: they spell the secret."""
    at = data.rindex(b"\xff\xc4", 0, data.index(b"\xff\xda"))
    size = int.from_bytes(data[at + 2 : at + 4], "big")
    body = bytearray(data[at + 4 : at + 2 + size] + SECRET)
    body[16] += len(SECRET)
    return data[:at] + segment(0xC4, bytes(body)) + data[at + 2 + size :]


def half_height(data: bytes) -> bytes:
    """Say that the picture is lower than it is: the rows cut off stay in the file, behind it."""
    at = data.index(b"\xff\xc0")
    high = int.from_bytes(data[at + 5 : at + 7], "big") // 2
    return data[: at + 5] + high.to_bytes(2, "big") + data[at + 7 :]


def more_in_the_scan(data: bytes) -> bytes:
    return data[:-2] + SECRET + data[-2:]


def more_before_restarts(data: bytes) -> bytes:
    """Put two bytes before every restart marker."""
    start = data.index(b"\xff\xda")
    parts = re.split(rb"(\xff[\xd0-\xd7])", data[start:])
    parts[:-1:2] = [part + SECRET[:2] for part in parts[:-1:2]]
    return data[:start] + b"".join(parts)


XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"
SECOND = coded(skin(48, 32, seed=5), "JPEG", comment=SECRET)
VIDEO = b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + b"\0\0\0\x20mdat" + SECRET
IRB = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\x20" + SECRET
JPEG_PLACES: dict[str, Callable[[bytes], bytes]] = {
    "exif": after_start(segment(0xE1, b"Exif\0\0" + exif_block())),
    "exif in small letters": after_start(segment(0xE1, b"exif\0\0" + SECRET)),
    "second exif": after_start(segment(0xE1, b"Exif\0\0" + exif_block()) * 2),
    "broken exif": after_start(segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff" + SECRET)),
    "xmp": after_start(segment(0xE1, XMP)),
    "extended xmp": after_start(
        segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + SECRET)
    ),
    "jfif thumbnail": in_jfif,
    "jfxx": after_start(segment(0xE0, b"JFXX\0\x10" + SECOND)),
    "second jfif": before_scan(segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1\0\0" + SECRET)),
    "ciff": after_start(segment(0xE0, b"II\x1a\0\0\0HEAPJPGM" + SECRET)),
    "mpf": after_start(segment(0xE2, b"MPF\0" + SECRET)),
    "flashpix": after_start(segment(0xE2, b"FPXR\0" + SECRET)),
    "gain map": after_start(segment(0xE2, b"urn:iso:std:iso:ts:21496:-1\0" + SECRET)),
    "profile that is none": after_start(segment(0xE2, b"ICC_PROFILE\0\1\1" + SECRET)),
    "c2pa": after_start(segment(0xEB, b"JP\0\1\0\0\0\1\0\0\0\x40jumb" + SECRET) * 2),
    "ducky": after_start(segment(0xEC, b"Ducky\0\1\0\4\0\0\0\x3c" + SECRET)),
    "app13 twice": after_start(segment(0xED, IRB) + segment(0xED, IRB)),
    "adobe with more": before_scan(segment(0xEE, b"Adobf\0\x64\0\0\0\0\1" + SECRET)),
    **{f"app{n}": after_start(segment(0xE0 + n, b"Vendor\0" + SECRET)) for n in range(3, 16)},
    "comment": after_start(segment(0xFE, SECRET)),
    "comment before the last scan": before_last_scan(segment(0xFE, SECRET)),
    "xmp before the last scan": before_last_scan(segment(0xE1, XMP)),
    "unused quantiser": before_scan(quantiser(3)),
    "replaced quantiser": after_start(quantiser(0)),
    "unused codes": before_scan(codes(3)),
    "codes before the last scan": before_last_scan(codes(3)),
    "text at the end": at_end(SECRET),
    "older picture at the end": at_end(SECOND),
    "motion photo": at_end(VIDEO),
    "vendor trailer": at_end(b"\0\0\1\x0a\x0e\0\0\0Image_UTC_Data" + SECRET + b"SEFT"),
    "fill bytes": after_start(b"\xff" * 9),
    "stray bytes": before_scan(SECRET),
}


def chunk(name: bytes, content: bytes) -> bytes:
    body = name + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def after_header(piece: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:33] + piece + data[33:]


def before_end(piece: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:-12] + piece + data[-12:]


def rows_beyond(data: bytes) -> bytes:
    """Say that the picture is lower than it is: the rows below stay in the file."""
    high = struct.unpack(">I", data[20:24])[0]
    header = data[16:20] + struct.pack(">I", high // 2) + data[24:29]
    return data[:8] + chunk(b"IHDR", header) + data[33:]


def more_in_rows(data: bytes) -> bytes:
    """Put bytes behind the end of the packed rows, inside the last chunk of them."""
    at = data.index(b"IDAT")
    size = struct.unpack(">I", data[at - 4 : at])[0]
    content = data[at + 4 : at + 4 + size] + SECRET
    return data[: at - 4] + chunk(b"IDAT", content) + data[at + 8 + size :]


PNG_PLACES: dict[str, Callable[[bytes], bytes]] = {
    "text": after_header(chunk(b"tEXt", b"Author\0" + SECRET)),
    "packed text": after_header(chunk(b"zTXt", b"Author\0\0" + zlib.compress(SECRET))),
    "xmp": after_header(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + SECRET)),
    "exif": after_header(chunk(b"eXIf", exif_block())),
    "time": after_header(chunk(b"tIME", b"\x07\xe8\3\4\5\6\7") + chunk(b"tEXt", b"a\0" + SECRET)),
    "private": before_end(chunk(b"prVt", SECRET)),
    "private, safe to copy": before_end(chunk(b"prVt".lower()[:3] + b"t", SECRET)),
    "apple": after_header(chunk(b"iDOT", SECRET)),
    "c2pa": after_header(chunk(b"caBX", SECRET)),
    "palette name": after_header(chunk(b"sPLT", SECRET + b"\0\x08")),
    "broken profile": after_header(chunk(b"iCCP", SECRET[:20] + b"\0\0" + zlib.compress(SECRET))),
    "gamma that is too long": after_header(chunk(b"gAMA", SECRET)),
    "whites and colours that are none": after_header(chunk(b"cHRM", (SECRET * 2)[:32])),
    "density that is none": after_header(
        chunk(b"pHYs", SECRET[:12][-8:] + b"\1") + chunk(b"tEXt", b"a\0" + SECRET)
    ),
    "text in the end": lambda data: data[:-12] + chunk(b"IEND", SECRET),
    "text after the end": at_end(SECRET),
    "older picture after the end": at_end(coded(skin(40, 40), "PNG") + SECRET),
    "rows beyond": rows_beyond,
    "more behind the rows": more_in_rows,
    "large text": after_header(chunk(b"tEXt", b"Author\0" + SECRET * 20_000)),
}


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """Write a WebP container."""
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)
        for name, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Take a WebP apart."""
    found, at = [], 12
    while at < len(data):
        size = struct.unpack("<I", data[at + 4 : at + 8])[0]
        found.append((data[at : at + 4], data[at + 8 : at + 8 + size]))
        at += 8 + size + size % 2
    return found
