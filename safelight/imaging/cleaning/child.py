"""The cleaning child: what needs a decoder is done here, behind the same walls as all decoding."""

import io
import sys
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from safelight.imaging import prepare
from safelight.imaging.answers import Answer
from safelight.imaging.child import main
from safelight.imaging.cleaning import coefficients, comparing
from safelight.imaging.cleaning.opening import CHANGED, open_whole, whole_pixels
from safelight.imaging.cleaning.spaces import named
from safelight.imaging.cleaning.turning import turn_jpeg
from safelight.imaging.prepare import UPRIGHT

QUALITY = 95
PACKING = 3
FORMS = {1: "GRAY", 3: "RGB", 4: "CMYK"}


def turn(data: memoryview, order: dict[str, Any]) -> Answer:
    """Set a JPEG upright: without loss where its size allows, else decoded and coded again."""
    turned = turn_jpeg(bytes(data), order["orientation"])
    if turned is not None:
        return Answer({"how": "exact" if order["orientation"] == 1 else "turned"}, [turned])
    pixels = whole_pixels(data)
    form = FORMS[pixels.shape[2]]
    upright = np.ascontiguousarray(comparing.turned(pixels, order["orientation"]))
    coded = simplejpeg.encode_jpeg(upright, QUALITY, form, "444")
    return Answer({"how": "re-encoded"}, [bytes(coded)])


def recode(data: memoryview, order: dict[str, Any]) -> Answer:
    """Decode the picture and code its pixels as a PNG; says when they had to be changed."""
    picture = open_whole(order["kind"], data, order["orientation"])
    info: dict[str | tuple[int, int], Any] = {
        key: picture.info[key] for key in ("transparency",) if key in picture.info
    }
    profile = picture.info.get("icc_profile")
    how = "re-encoded" if picture.info.get(CHANGED) else "coded anew"
    picture = picture.copy()  # no longer tied to a file: saving one that is would look for it
    picture.info = info
    coded = io.BytesIO()
    picture.save(coded, "PNG", icc_profile=profile or b"", compress_level=PACKING)
    return Answer({"how": how}, [coded.getvalue()])


def used(data: memoryview, order: dict[str, Any]) -> Answer:
    """Say which colours of its palette a PNG uses."""
    picture = open_whole("png", data, 1)
    return Answer({"used": np.unique(np.asarray(picture)).tolist()}, [])


def idle(data: memoryview, order: dict[str, Any]) -> Answer:
    """Do nothing: the way to start the server and to see that its walls stand."""
    return Answer({}, [])


def warm_up() -> None:
    """Touch every path once in the server: a child cannot open a module's file any more."""
    prepare.warm_up()
    coefficients.library()
    picture = Image.new("RGB", (16, 32))
    for kind in ("PNG", "WEBP", "TIFF", "GIF"):
        coded = io.BytesIO()
        picture.save(coded, kind)
        order = {"kind": kind.lower(), "orientation": 1}
        recode(memoryview(coded.getvalue()), order)
    jpeg = bytes(simplejpeg.encode_jpeg(np.zeros((16, 32, 3), np.uint8), QUALITY))
    for orientation in (1, *UPRIGHT):
        turn(memoryview(jpeg), {"orientation": orientation})
    comparing.colours_alike(named("sRGB"), named("Display P3"))


WORKS = {
    "prepare": idle,
    "turn": turn,
    "recode": recode,
    "used": used,
    "compare": comparing.compare,
}

if __name__ == "__main__":
    warm_up()
    sys.exit(main(sys.argv[1:], WORKS))
