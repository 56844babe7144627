"""Colour: from whatever profile a picture carries to sRGB, which every screen is told to expect."""

import io
from functools import cache

import numpy as np
from PIL import Image, ImageCms

from safelight.imaging.cleaning.spaces import NAMED, cleaned_profile, named
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
    for space in NAMED:
        for mode in COLOURED:
            _from_named(space, mode)


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
    """Return what brings pixels to sRGB; None where a profile is unfit or changes nothing."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != SPACES[mode]:
            return None
        intent = source.profile.rendering_intent if mode == "CMYK" else 1
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        after = mode if mode in COLOURED else "RGB"
        made = ImageCms.buildTransform(source, _srgb(), mode, after, ImageCms.Intent(intent), flags)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return None if mode in COLOURED and _is_srgb(made) else made


@cache
def _from_named(space: str, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return the change from a space that has a name: made once, as it costs more than most."""
    return _transform(named(space), mode)


def to_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return the picture in sRGB. A profile that cannot be read is treated as absent.

    Which space a profile means is found from its numbers, and whether it is sRGB already by trying
    colours: its name is never believed.
    """
    mode = picture.mode
    if profile and len(profile) <= MAX_PRESS_PROFILE:
        space = cleaned_profile(profile)[1] if mode in COLOURED else ""
        change = _from_named(space, mode) if space else _transform(profile, mode)
        if change is not None:
            return ImageCms.applyTransform(picture, change) or picture.convert("RGB")
    return picture if mode in COLOURED else picture.convert("RGB")
