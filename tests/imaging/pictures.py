"""Small pictures made for one question each, with no help from the code under test."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Numbers = NDArray[np.floating[Any]]

RED, GREEN, BLUE, GREY = (200, 40, 40), (40, 160, 60), (50, 70, 190), (180, 180, 180)


def quarters(wide: int = 320, high: int = 240) -> Image.Image:
    """Red, green, blue and grey quarters: which way up it lies can be read from any two."""
    pixels = np.zeros((high, wide, 3), np.uint8)
    pixels[: high // 2, : wide // 2] = RED
    pixels[: high // 2, wide // 2 :] = GREEN
    pixels[high // 2 :, : wide // 2] = BLUE
    pixels[high // 2 :, wide // 2 :] = GREY
    return Image.fromarray(pixels)


def scene(wide: int = 1280, high: int = 960, seed: int = 3) -> Image.Image:
    """Soft shapes with fine texture."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(60, 200, (high // 80, wide // 80, 3), dtype=np.uint8)
    soft = np.asarray(Image.fromarray(coarse).resize((wide, high), Image.Resampling.BICUBIC))
    fine = rng.normal(0, 12, (high, wide, 1))
    return Image.fromarray(np.clip(soft + fine, 0, 255).astype(np.uint8))


def flat(colour: tuple[int, ...], mode: str = "RGB", side: int = 64) -> Image.Image:
    return Image.new(mode, (side, side), colour)


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """Code it. JPEGs are saved well enough that colours can be compared."""
    out = io.BytesIO()
    if kind == "JPEG":
        options = {"quality": 95, "subsampling": 0, **options}
    picture.save(out, kind, **options)
    return out.getvalue()


def seen(jpeg: bytes) -> Pixels:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("RGB"))


def exif_with(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif.tobytes()


def png(width: int, height: int, depth: int, kind: int, rows: bytes, extra: bytes = b"") -> bytes:
    """Write a PNG by hand, for what no library here writes."""
    header = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(rows, 9))
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def jpeg_segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def with_segments(jpeg: bytes, *segments: bytes) -> bytes:
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def to_srgb(colour: tuple[int, int, int], matrix: Numbers, curve: float | None) -> Numbers:
    """The textbook way from an RGB space to sRGB: decode, matrix to XYZ D65, back, encode."""
    share = np.array(colour) / 255
    if curve is None:
        linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    else:
        linear = share**curve
    out = np.clip(np.linalg.inv(SRGB_TO_XYZ) @ (matrix @ linear), 0, 1)
    coded = np.where(out <= 0.0031308, out * 12.92, 1.055 * out ** (1 / 2.4) - 0.055)
    return np.asarray(np.round(coded * 255))


# Linear RGB to XYZ under D65: IEC 61966-2-1, Adobe RGB (1998) 4.3.5.3, SMPTE EG 432-1.
SRGB_TO_XYZ = np.array(
    [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
)
ADOBE_TO_XYZ = np.array(
    [[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]]
)
P3_TO_XYZ = np.array(
    [[0.48657, 0.26567, 0.19822], [0.22897, 0.69174, 0.07929], [0.0, 0.04511, 1.04394]]
)
