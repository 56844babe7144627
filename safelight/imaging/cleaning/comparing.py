"""Comparing: proof that a cleaned file shows the same pixels in the same colours.

Runs only in the locked-down child. The cleaned file is decoded strictly: a decoder that has to
pass over anything in it refuses it, and so do we.
"""

import io
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from safelight.imaging.answers import Answer
from safelight.imaging.cleaning.jpeg import original_profile, read_jpeg
from safelight.imaging.cleaning.opening import (
    jpeg_pixels,
    lenient_pixels,
    open_whole,
    whole_pixels,
)
from safelight.imaging.cleaning.slack import jpeg_has_slack, webp_has_slack
from safelight.imaging.prepare import UPRIGHT
from safelight.imaging.refusals import PictureDamaged

TURN_APART = 12
"""Levels by which a pixel may differ after an exact turn: decoders smooth colour along rows."""
TURN_MEAN = 1.0
CODED_MEAN = 4.0
"""Mean difference that a picture coded again at high quality may have."""
COLOUR_APART = 3
"""Levels by which a colour may differ under the profile that was written again."""
STRIP = 256
GRID = 6
MODES = {"RGB": ("RGB", 3), "GRAY": ("L", 1), "CMYK": ("CMYK", 4)}


def turned(pixels: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Set pixels upright by what EXIF says of them."""
    if orientation not in UPRIGHT:
        return pixels
    swaps = orientation >= 5
    lying = pixels.swapaxes(0, 1) if swaps else pixels
    mirror = orientation in (2, 3, 6, 7)
    flip = orientation in (3, 4, 7, 8)
    return lying[:: -1 if flip else 1, :: -1 if mirror else 1]


def _near(one: NDArray[np.uint8], other: NDArray[np.uint8], how: str) -> bool:
    if one.shape != other.shape:
        return False
    total, worst = 0, 0
    for top in range(0, one.shape[0], STRIP):
        apart = np.abs(one[top : top + STRIP].astype(np.int16) - other[top : top + STRIP])
        total += int(apart.sum())
        worst = max(worst, int(apart.max()))
    mean = total / one.size
    return mean <= CODED_MEAN if how == "re-encoded" else mean <= TURN_MEAN and worst <= TURN_APART


def _digest(pixels: NDArray[Any]) -> tuple[tuple[int, ...], bytes]:
    return pixels.shape, sha256(np.ascontiguousarray(pixels).data).digest()


def _exact(before: memoryview, after: memoryview) -> bool:
    """Compare values. Another decoder is asked where the quick one does not open the file before.

    That one rounds differently, so it has to open both; it passes over faults, so first the
    cleaned file has to be without any.
    """
    try:
        found = _digest(jpeg_pixels(after, strict=True))
        return found == _digest(jpeg_pixels(before, strict=False))
    except PictureDamaged:
        whole_pixels(after)
        first, second = (_digest(lenient_pixels(one)) for one in (before, after))
        return first == second


def _jpegs_alike(before: memoryview, after: memoryview, orientation: int, how: str) -> bool:
    if how == "exact":
        return _exact(before, after)
    try:
        first = jpeg_pixels(before, strict=False)
    except PictureDamaged:
        first = lenient_pixels(before)
    return _near(turned(first, orientation), whole_pixels(after), how)


def _has_slack(kind: str, how: str, data: memoryview) -> bool:
    """Say whether bytes are left that no picture needs, where they were copied and not written."""
    if kind == "jpeg":
        return how == "exact" and jpeg_has_slack(bytes(data))
    return kind == "webp" and webp_has_slack(bytes(data))


def _values(picture: Image.Image, *, full: bool) -> tuple[tuple[int, ...], bytes]:
    """Digest the values; in full, as colours and transparency, whatever form they have."""
    if full or picture.mode == "P" or "transparency" in picture.info:
        picture = picture.convert("RGBA")
    return _digest(np.asarray(picture))


def _alike(one: Image.Image, other: Image.Image) -> bool:
    """Say whether two pictures have the same values. A full transparency is none."""
    full = one.mode != other.mode or "transparency" in {**one.info, **other.info}
    return one.size == other.size and _values(one, full=full) == _values(other, full=full)


def _profile_of(kind: str, data: memoryview, picture: Image.Image | None) -> bytes | None:
    if kind != "jpeg":
        return picture.info.get("icc_profile") if picture is not None else None
    return original_profile(read_jpeg(bytes(data)))


def _seen(profile: bytes | None) -> NDArray[np.int16] | None:
    """Return what a grid of colours looks like under a profile; None when no decoder heeds it."""
    if not profile:
        return None
    try:
        opened = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode, bands = MODES[opened.profile.xcolor_space.strip()]
        steps = np.linspace(0, 255, GRID).round().astype(np.uint8)
        grid = np.stack(np.meshgrid(*[steps] * bands, indexing="ij"), axis=-1)
        colours = Image.frombytes(mode, (grid.size // bands // GRID, GRID), grid.tobytes())
        shown = ImageCms.profileToProfile(
            colours, opened, ImageCms.createProfile("sRGB"), outputMode="RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, KeyError):
        return None
    return None if shown is None else np.asarray(shown).astype(np.int16)


def colours_alike(before: bytes | None, after: bytes | None) -> bool:
    """Say whether two profiles make the same colours of the same numbers."""
    if before == after:
        return True
    one, other = _seen(before), _seen(after)
    if one is None or other is None:
        return one is other
    return one.shape == other.shape and int(np.abs(one - other).max()) <= COLOUR_APART


def compare(data: memoryview, order: dict[str, Any]) -> Answer:
    """Compare the file before, which comes first, with the cleaned one behind it."""
    before, after = data[: order["split"]], data[order["split"] :]
    kinds, orientation = (order["before"], order["after"]), order["orientation"]
    if _has_slack(kinds[1], order["how"], after):
        return Answer({"slack": True}, [])
    first = second = None
    if kinds == ("jpeg", "jpeg"):
        same = _jpegs_alike(before, after, orientation, order["how"])
    else:
        second = open_whole(kinds[1], after, 1)
        first = open_whole(kinds[0], before, orientation)
        same = _alike(first, second)
    profiles = _profile_of(kinds[0], before, first), _profile_of(kinds[1], after, second)
    return Answer(
        {
            "same": same,
            "colours": colours_alike(*profiles),
            "slack": False,
        },
        [],
    )
