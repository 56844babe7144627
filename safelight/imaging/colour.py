"""Colour: from whatever profile a picture carries to sRGB, which every screen is told to expect."""

import io
from functools import cache

import numpy as np
from PIL import Image, ImageCms

from safelight.imaging.cleaning.spaces import named
from safelight.imaging.limits import MAX_PRESS_PROFILE

SPACES = {"RGB": "RGB", "RGBX": "RGB", "L": "GRAY", "CMYK": "CMYK"}
COLOURED = ("RGB", "RGBX")
MAX_NAME = 60
SAME_WITHIN = 2
"""Levels out of 255 by which a profile may differ from sRGB and still be taken for it."""
GRID = 7


def adobe_rgb() -> bytes:
    """Return an Adobe RGB profile, for files that name it without carrying it."""
    return named("Adobe RGB")


def display_p3() -> bytes:
    """Return a Display P3 profile, for HEIC files that name it by number."""
    return named("Display P3")


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
