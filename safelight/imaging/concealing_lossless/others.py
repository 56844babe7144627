"""Other kinds: opened whole, painted, cut and turned as pixels, and coded without anything else.

What came without loss leaves as PNG, what was coded with loss as JPEG. Runs only in the
locked-down child.
"""

import io
from typing import Any

import numpy as np
from PIL import Image

from safelight.imaging.cleaning.comparing import turned
from safelight.imaging.cleaning.opening import open_whole
from safelight.imaging.cleaning.png import Png, read_png, write_png
from safelight.imaging.cleaning.webp import LOSSY, read_webp
from safelight.imaging.concealing_lossless.jpeg import Done, NothingLeft, coded_jpeg
from safelight.imaging.concealing_lossless.masks import inside, touched
from safelight.imaging.concealing_lossless.masks import pixels as covered

SMOOTHED = 8
"""Pixels on each side across which these codecs smooth the edges of their blocks (H.265, 8.7)."""
PACKING = 3
CLEAR = ("LA", "RGBA")
DEEP = 16


def _is_lossy(kind: str, data: memoryview) -> bool:
    if kind == "webp":
        picture = read_webp(bytes(data)).picture
        return picture is not None and picture[0] == LOSSY
    return kind == "heic"


def _paintable(picture: Image.Image) -> Image.Image:
    """Bring a picture to a mode that has black, with a channel of its own for what is clear."""
    info = picture.info
    if "transparency" in info:
        picture = picture.convert("RGBA")
    elif picture.mode == "P":
        picture = picture.convert("RGB")
    picture.info = {"icc_profile": info["icc_profile"]} if info.get("icc_profile") else {}
    return picture


def _png(picture: Image.Image, profile: bytes | None, source: Png | None) -> bytes:
    coded = io.BytesIO()
    picture.info = {}
    picture.save(coded, "PNG", icc_profile=profile or b"", compress_level=PACKING)
    png = read_png(coded.getvalue())
    if source is not None:
        png.marks, png.density = source.marks, source.density
    return write_png(png)[0]


def conceal_other(kind: str, data: memoryview, order: dict[str, Any], code: int) -> Done:
    """Conceal in a picture that is no JPEG. Says `coded anew` (same pixels) or `re-encoded`."""
    lossy = _is_lossy(kind, data)
    picture = _paintable(open_whole(kind, data, 1))
    profile = picture.info.get("icc_profile")
    size = picture.size
    box = inside(order["crop"], *size)
    if box.is_empty:
        raise NothingLeft
    pixels = np.array(picture)
    patches = touched(order["shapes"], size, grow=SMOOTHED if lossy else 0)
    hidden = covered(patches, size)
    pixels[hidden] = 0
    if picture.mode in CLEAR:
        pixels[hidden, -1] = 255
    upright = np.ascontiguousarray(turned(pixels[box.top : box.bottom, box.left : box.right], code))
    if lossy and picture.mode in ("L", "RGB"):
        coded = coded_jpeg(upright.reshape(*upright.shape[:2], -1), profile)
        return Done(coded, "jpeg", "re-encoded", box, size, code)
    source = read_png(bytes(data)) if kind == "png" else None
    coded = _png(Image.fromarray(upright), profile, source)
    is_deep = source is not None and source.header[8] == DEEP and picture.mode != "I;16"
    return Done(coded, "png", "re-encoded" if is_deep else "coded anew", box, size, code)
