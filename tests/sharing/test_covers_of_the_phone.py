"""Covers drawn on a phone: on the picture as a browser shows it, hidden on every copy of it."""

import io
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageOps

from safelight.consent.models import Consent
from safelight.imaging.prepare import UPRIGHT
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Rendition
from safelight.photos.renditions import open_picture
from safelight.sharing import drafting
from tests.conftest import NOON
from tests.photos.making import filed

pytestmark = pytest.mark.django_db

SHOWN = (640, 480)
MARK = (64, 288, 192, 384)
"""Left, top, right and bottom of a white mark, as a browser shows the picture."""
COVER: dict[str, Any] = {"shape": "rect", "x": 0.08, "y": 0.58, "w": 0.24, "h": 0.24}
UNDOES = {6: 8, 8: 6}


def held(orientation: int) -> bytes:
    """Return a grey picture with a white mark, stored as a camera held that way stores it."""
    shown = Image.new("RGB", SHOWN, (90, 90, 90))
    shown.paste((255, 255, 255), MARK)
    back = UNDOES.get(orientation, orientation)
    lying = shown.transpose(UPRIGHT[back]) if back in UPRIGHT else shown
    exif = Image.Exif()
    exif[0x0112] = orientation
    out = io.BytesIO()
    lying.save(out, "JPEG", quality=95, exif=exif)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("L")


def bright(picture: Image.Image, least: int = 200) -> tuple[int, int, int, int]:
    return picture.point([255 * (light > least) for light in range(256)]).getbbox() or (0, 0, 0, 0)


def dark(picture: Image.Image) -> tuple[int, int, int, int]:
    return picture.point([255 * (light < 40) for light in range(256)]).getbbox() or (0, 0, 0, 0)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_cover_hides_what_it_was_drawn_over_however_the_phone_was_held(
    orientation: int, turn: int, consent: Consent, phone: Phone, pat: Patient, ada: Person
) -> None:
    camera = held(orientation)
    assert bright(opened(camera)) == MARK  # where a browser shows it
    photo = filed(phone, ada, pat, image=camera, cover=[COVER], turn=turn)

    assert open_picture(photo, Rendition.Kind.ORIGINAL) == camera
    view = opened(open_picture(photo, Rendition.Kind.VIEW))
    release = drafting.begin_release([photo], use="referral", by=ada, at=NOON)
    copy = opened(drafting.preview(release.items.get(), by=ada, at=NOON).data)

    assert copy.size == view.size
    assert copy.crop(bright(view)).getextrema() == (0, 0)  # nothing of the mark is left
    covered = dark(copy)
    asked = round(COVER["w"] * SHOWN[0]) * round(COVER["h"] * SHOWN[1])
    assert (covered[2] - covered[0]) * (covered[3] - covered[1]) < asked * 1.5
    outside = ImageChops.difference(copy, view)
    outside.paste(0, covered)
    assert bright(outside, 12) == (0, 0, 0, 0)
