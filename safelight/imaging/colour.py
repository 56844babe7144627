"""Colour: from whatever profile a picture carries to sRGB, which every screen is told to expect."""

import io
import struct
from functools import cache

import numpy as np
from PIL import Image, ImageCms

from safelight.imaging.limits import MAX_PRESS_PROFILE

SPACES = {"RGB": "RGB", "RGBX": "RGB", "L": "GRAY", "CMYK": "CMYK"}
COLOURED = ("RGB", "RGBX")
MAX_NAME = 60
SAME_WITHIN = 2
"""Levels out of 255 by which a profile may differ from sRGB and still be taken for it."""
GRID = 7

ADOBE_RGB = (
    ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
    563 / 256,
)
"""Columns of red, green and blue under D50, and the gamma: Adobe RGB (1998), annex C."""
DISPLAY_P3 = (
    ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407)),
    None,
)
"""Columns under D50; None stands for the sRGB curve: SMPTE EG 432-1 with IEC 61966-2-1."""
Columns = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]


def _fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _described(text: str) -> bytes:
    words = text.encode("ascii") + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(words)) + words + bytes(78)


def _curve(gamma: float | None) -> bytes:
    if gamma is not None:
        return b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256)) + bytes(2)
    return (
        b"para" + bytes(4) + struct.pack(">HH", 3, 0)
        + _fixed(2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
    )  # fmt: skip


def matrix_profile(columns: Columns, gamma: float | None, name: str) -> bytes:
    """Write a small ICC profile (ICC.1, matrix and curve) with no date, maker or device in it."""
    curve = _curve(gamma)
    parts = [
        (b"desc", _described(name)),
        (b"cprt", b"text" + bytes(4) + b"None\0"),
        (b"wtpt", b"XYZ " + bytes(4) + _fixed(0.9642, 1.0, 0.8249)),
        *((key, b"XYZ " + bytes(4) + _fixed(*column)) for key, column in zip(
            (b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True
        )),
        *((key, curve) for key in (b"rTRC", b"gTRC", b"bTRC")),
    ]  # fmt: skip
    table, body = struct.pack(">I", len(parts)), b""
    start = 128 + 4 + 12 * len(parts)
    for key, content in parts:
        body += bytes(-len(body) % 4)
        table += key + struct.pack(">II", start + len(body), len(content))
        body += content
    header = (
        struct.pack(">I", start + len(body)) + bytes(4) + bytes((4, 0x20, 0, 0))
        + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + _fixed(0.9642, 1.0, 0.8249)
    )  # fmt: skip
    return header.ljust(128, b"\0") + table + body


@cache
def adobe_rgb() -> bytes:
    """Return an Adobe RGB profile, for files that name it without carrying it."""
    return matrix_profile(ADOBE_RGB[0], ADOBE_RGB[1], "Adobe RGB (1998)")


@cache
def display_p3() -> bytes:
    """Return a Display P3 profile, for HEIC files that name it by number."""
    return matrix_profile(DISPLAY_P3[0], DISPLAY_P3[1], "Display P3")


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@cache
def _cube() -> Image.Image:
    steps = np.linspace(0, 255, GRID).round().astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(GRID, -1, 3)
    return Image.fromarray(np.ascontiguousarray(colours))


def _is_srgb(change: ImageCms.ImageCmsTransform) -> bool:
    before = _cube().convert(change.input_mode)
    after = ImageCms.applyTransform(before, change)
    if after is None:
        return False
    apart = np.asarray(before).astype(np.int16) - np.asarray(after).astype(np.int16)
    return int(np.abs(apart).max()) <= SAME_WITHIN


def warm_up() -> None:
    """Make the shared values once, in the server, so that no child has to."""
    _srgb()
    _cube()
    adobe_rgb()
    display_p3()


def profile_name(profile: bytes | None) -> str:
    """Return the printable name of a profile, or nothing."""
    if not profile:
        return ""
    try:
        name = ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return ""
    return "".join(letter for letter in name if letter.isprintable()).strip()[:MAX_NAME]


def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != SPACES[mode]:
            return None
        intent = source.profile.rendering_intent if mode == "CMYK" else 1
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        after = mode if mode in COLOURED else "RGB"
        return ImageCms.buildTransform(source, _srgb(), mode, after, ImageCms.Intent(intent), flags)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB. A profile that cannot be read is treated as absent.

    Whether a profile is sRGB already is found by trying colours, not by believing its name.
    """
    if profile and len(profile) <= MAX_PRESS_PROFILE:
        change = _transform(profile, picture.mode)
        if change is not None and not (picture.mode in COLOURED and _is_srgb(change)):
            return ImageCms.applyTransform(picture, change) or picture.convert("RGB")
    return picture if picture.mode in COLOURED else picture.convert("RGB")
