"""Prepare: one picture in, facts and bare renditions out. Runs only in the locked-down child."""

from dataclasses import asdict
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from safelight.imaging import colour, stamping
from safelight.imaging.answers import Answer
from safelight.imaging.decoding import Decoded, decode
from safelight.imaging.limits import THUMB_EDGE, VIEW_EDGE
from safelight.imaging.quality import dhash64, luma_of, measure
from safelight.imaging.results import Evidence

VIEW_QUALITY = 86
THUMB_QUALITY = 80
FULL_QUALITY = 92
SHRINK_GAP = 1.1
"""Whole steps first, then the rest: as good as one step here, for half its time."""

UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation to what sets it right: table of CIPA DC-008, 4.6.4."""
SIDEWAYS = frozenset({5, 6, 7, 8})
TURNS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}
"""A turn clockwise, asked for by a person on top of what the file says."""


def _within(picture: Image.Image, edge: int) -> Image.Image:
    longest = max(picture.size)
    if longest <= edge:
        return picture
    wide, high = (max(1, round(side * edge / longest)) for side in picture.size)
    return picture.resize((wide, high), Image.Resampling.BOX, reducing_gap=SHRINK_GAP)


def _upright(picture: Image.Image, orientation: int, turn: int) -> Image.Image:
    if orientation in UPRIGHT:
        picture = picture.transpose(UPRIGHT[orientation])
    return picture.transpose(TURNS[turn]) if turn in TURNS else picture


def _coded(
    picture: Image.Image, quality: int, subsampling: str = "420", decoded: Decoded | None = None
) -> bytes:
    """Code as a JPEG; straight from the decoder's memory when nothing had to be set right."""
    if decoded is not None and decoded.pixels is not None and picture is decoded.picture:
        pixels = decoded.pixels
    else:
        pixels = np.ascontiguousarray(np.asarray(picture))
    return bytes(simplejpeg.encode_jpeg(pixels, quality, picture.mode, subsampling))


def _set_right(decoded: Decoded, order: dict[str, Any], edge: int | None) -> Image.Image:
    picture = decoded.picture if edge is None else _within(decoded.picture, edge)
    picture = colour.to_srgb(picture, decoded.profile)
    orientation = 1 if decoded.is_upright else decoded.exif.orientation
    return _upright(picture, orientation, order["turn"])


def prepare(data: memoryview, order: dict[str, Any]) -> Answer:
    """Decode strictly and make the view and the thumbnail: upright, sRGB, pixels only."""
    decoded = decode(data, edge=VIEW_EDGE)
    picture = _set_right(decoded, order, VIEW_EDGE)
    width, height = decoded.width, decoded.height
    lies = decoded.exif.orientation in SIDEWAYS and not decoded.is_upright
    if lies != (order["turn"] in (90, 270)):
        width, height = height, width
    luma = luma_of(picture)
    facts = {
        "kind": decoded.kind,
        "width": width,
        "height": height,
        "orientation": decoded.exif.orientation,
        "icc_name": colour.profile_name(decoded.profile),
        "quality": asdict(measure(luma)),
        "dhash64": dhash64(luma),
        "evidence": asdict(Evidence(decoded.exif.make, decoded.exif.model, decoded.exif.taken)),
    }
    thumb = _within(picture, THUMB_EDGE)
    view = _coded(picture, VIEW_QUALITY, decoded=decoded)
    return Answer(facts, [view, _coded(thumb, THUMB_QUALITY)])


def full(data: memoryview, order: dict[str, Any]) -> Answer:
    """Decode strictly and code the whole picture anew: upright, sRGB, pixels only."""
    decoded = decode(data, edge=None)
    picture = _set_right(decoded, order, None)
    return Answer({"kind": decoded.kind}, [_coded(picture, FULL_QUALITY, "444", decoded)])


def stamped(data: memoryview, order: dict[str, Any]) -> Answer:
    """Decode strictly, draw words over the picture, and code it: upright, sRGB, pixels only."""
    edge = order["edge"]
    decoded = decode(data, edge=edge)
    upright = _set_right(decoded, order, edge)
    picture = stamping.stamp(upright, order["words"], instead=order["instead"])
    return Answer({"kind": decoded.kind}, [_coded(picture, VIEW_QUALITY)])


def warm_up() -> None:
    """Touch every path once in the server: a child cannot open a module's file any more."""
    colour.warm_up()
    stamping.warm_up()
    pixels = np.zeros((16, 24, 3), np.uint8)
    coded = bytes(simplejpeg.encode_jpeg(pixels, 80))
    prepare(memoryview(coded), {"turn": 0})


WORKS = {"prepare": prepare, "full": full, "stamped": stamped}
