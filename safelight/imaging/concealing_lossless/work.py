"""Work: the two tasks of the concealing child. One makes the file, another looks at it afresh."""

import io
from dataclasses import asdict
from functools import cache
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from safelight.imaging import prepare
from safelight.imaging.answers import Answer
from safelight.imaging.cleaning import coefficients
from safelight.imaging.cleaning.comparing import turned
from safelight.imaging.cleaning.opening import open_whole, whole_pixels
from safelight.imaging.cleaning.png import read_png
from safelight.imaging.cleaning.results import ManyPictures
from safelight.imaging.cleaning.spaces import NAMED, cleaned_profile, named
from safelight.imaging.cleaning.webp import read_webp
from safelight.imaging.concealing_lossless.jpeg import Done, NothingLeft, conceal_jpeg, walked
from safelight.imaging.concealing_lossless.masks import Box, inside, pixels, touched
from safelight.imaging.concealing_lossless.others import conceal_other
from safelight.imaging.decoding import check_size
from safelight.imaging.metadata import Exif
from safelight.imaging.prepare import UPRIGHT
from safelight.imaging.refusals import PictureDamaged, PictureFrames

TURNS = {0: 1, 90: 6, 180: 3, 270: 8}
"""A turn clockwise in degrees, as the EXIF orientation that asks for it (CIPA DC-008, 4.6.4)."""
DARKEST = 24
"""Luma that coding anew may leave at the rim of what is covered; a block left alone has none."""


@cache
def both(orientation: int, turn: int) -> int:
    """Return the one orientation that does what the file asks and then what a person asked."""
    corners = np.arange(6, dtype=np.uint8).reshape(2, 3)
    wanted = turned(turned(corners, orientation), TURNS[turn])
    for code in (1, *UPRIGHT):
        if np.array_equal(turned(corners, code), wanted):
            return code
    raise PictureDamaged


def _code(exif: Exif | None, order: dict[str, Any]) -> int:
    return both(exif.orientation if exif is not None else 1, order["turn"])


def _made(data: memoryview, order: dict[str, Any]) -> Done:
    """Conceal, and heed what the file says of its own turn unless its decoder does."""
    kind = order["kind"]
    if kind == "jpeg":
        jpeg = walked(data)
        return conceal_jpeg(jpeg, order, _code(jpeg.exif, order))
    exif = None
    try:
        if kind == "png":
            exif = read_png(bytes(data)).exif
        elif kind == "webp":
            exif = read_webp(bytes(data)).exif
    except ManyPictures as problem:
        raise PictureFrames from problem
    return conceal_other(kind, data, order, _code(exif, order))


def conceal(data: memoryview, order: dict[str, Any]) -> Answer:
    """Make the concealed file, upright and bare."""
    try:
        done = _made(data, order)
    except NothingLeft:
        return Answer({"empty": True}, [])
    facts = asdict(done)
    return Answer(facts, [facts.pop("data")])


def jpeg_luma(data: memoryview) -> Any:
    """Decode the lightness of a JPEG strictly, with the other decoder where its colours are odd."""
    try:
        high, wide, _, _ = simplejpeg.decode_jpeg_header(data, strict=True)
        check_size(int(wide), int(high))
        return simplejpeg.decode_jpeg(data, "GRAY", strict=True)[..., 0]
    except (ValueError, KeyError):
        return np.asarray(Image.fromarray(whole_pixels(data)).convert("L"))


def _luma(kind: str, data: memoryview) -> Any:
    if kind == "jpeg":
        return jpeg_luma(data)
    picture = open_whole(kind, data, 1)
    if picture.mode == "I;16":
        return np.asarray(picture) >> 8
    return np.asarray(picture.convert("L"))


def look(data: memoryview, order: dict[str, Any]) -> Answer:
    """Open a concealed file afresh: is it the part that was asked for, and black where it must be?

    The file is decoded strictly to its last byte. Works from the shapes again, not from the child
    that drew them.
    """
    box, size = Box(**order["box"]), (int(order["size"][0]), int(order["size"][1]))
    asked = inside(order["crop"], *size)
    within = asked.left <= box.left and asked.top <= box.top
    within = within and box.right <= asked.right and box.bottom <= asked.bottom
    hidden = pixels(touched(order["shapes"], size), size)
    hidden = hidden[box.top : box.bottom, box.left : box.right]
    expected = turned(hidden.view(np.uint8), order["code"]) != 0
    luma = _luma(order["kind"], data)
    is_same = luma.shape == expected.shape
    dark = is_same and int(luma[expected].max(initial=0)) <= DARKEST
    return Answer({"within": within, "size": is_same, "dark": dark}, [])


def idle(data: memoryview, order: dict[str, Any]) -> Answer:
    """Do nothing: the way to start the server and to see that its walls stand."""
    return Answer({}, [])


def warm_up() -> None:
    """Touch every path once in the server: a child cannot open a module's file any more."""
    prepare.warm_up()
    coefficients.library()
    for name in NAMED:
        cleaned_profile(named(name))
    shapes = [
        {"shape": "rect", "x": 0.1, "y": 0.1, "w": 0.1, "h": 0.1},
        {"shape": "stroke", "points": [[0.1, 0.1], [0.9, 0.9]], "width": 0.1},
        {"shape": "polygon", "points": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]},
    ]
    order = {"shapes": shapes, "crop": None, "turn": 90}
    picture = Image.new("RGB", (48, 40))
    for kind in ("PNG", "WEBP", "TIFF", "GIF", "JPEG"):
        coded = io.BytesIO()
        picture.save(coded, kind)
        answer = conceal(memoryview(coded.getvalue()), {**order, "kind": kind.lower()})
        look(memoryview(answer.blobs[0]), {**order, **answer.header})


WORKS = {"prepare": idle, "conceal": conceal, "look": look}
