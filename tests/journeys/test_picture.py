"""The picture: what the camera gave lies in the record, and what was covered is on no copy."""

import io
import re
from base64 import b64decode
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageCms, ImageOps
from playwright.sync_api import expect

from safelight.imaging.cleaning.spaces import named
from tests.journeys import scenes
from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.phone import Phone
from tests.journeys.sharing import begin

pytestmark = pytest.mark.browser

LAB = ImageCms.createProfile("LAB")
JUST_SEEN = 2.3  # a difference between two colours, CIE 1976
P3 = named("Display P3")
UPRIGHT_PHONE = 6  # how most files of a phone that is held upright lie
EDGE = 0.02  # how far over the mark the finger draws
CUT = 0.1  # what the crop takes away on each side, until its frame is dragged


@pytest.fixture(scope="module")
def desk(practice: Practice) -> Desk:
    return practice.desk("GP")


def colours(coded: bytes, *, cut: float = 0.0) -> list[tuple[float, float, float]]:
    """Return the chart's colours as they are meant by the profile that a file carries."""
    picture = Image.open(io.BytesIO(coded))
    meant = ImageCms.ImageCmsProfile(io.BytesIO(picture.info["icc_profile"]))
    wide, high = picture.size
    found = []
    for x, y in scenes.COLOURS:
        at = [(part - cut) / (1 - 2 * cut) for part in (x, y)]
        middle = (round(at[0] * wide), round(at[1] * high))
        patch = picture.crop((middle[0] - 20, middle[1] - 20, middle[0] + 20, middle[1] + 20))
        lab = ImageCms.profileToProfile(patch.resize((1, 1)), meant, LAB, outputMode="LAB")
        assert lab is not None
        light, a, b = lab.tobytes()
        found.append((light / 2.55, (a ^ 128) - 128.0, (b ^ 128) - 128.0))
    return found


def upright(coded: bytes) -> Image.Image:
    """Return a picture as it is seen, in grey."""
    return ImageOps.exif_transpose(Image.open(io.BytesIO(coded))).convert("L")


def at_the_camera(practice: Practice, desk: Desk, frame: bytes) -> tuple[Phone, dict[str, Any]]:
    """A phone whose camera gives this file, open before a patient who agreed."""
    phone = practice.bare_phone()
    phone.camera_gives(frame)
    practice.add(phone, desk)
    phone.unlock_first()
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.agree("Pat")
    return phone, pat


def test_colours_are_the_cameras_own_whole_or_cropped(practice: Practice, desk: Desk) -> None:
    frame = scenes.chart(profile=P3)
    phone, pat = at_the_camera(practice, desk, frame)
    phone.take()
    phone.keep()
    phone.take()
    phone.use_tool("Crop")
    phone.keep()
    phone.tap("File 2 photos")
    phone.choose_site()
    phone.file(label="Chart")
    phone.is_gone("Pat")

    whole, cropped = practice.server.ask("photos", patient=pat["id"])
    assert whole["via"] == cropped["via"] == "photo"
    kept = b64decode(practice.server.ask("original", photo=whole["id"]))
    assert kept == frame  # bit for bit, and its profile with it
    made = b64decode(practice.server.ask("original", photo=cropped["id"]))
    assert Image.open(io.BytesIO(made)).size == (1280, 960)
    for before, after in zip(colours(frame), colours(made, cut=CUT), strict=True):
        apart = sum((one - other) ** 2 for one, other in zip(before, after, strict=True)) ** 0.5
        assert apart < JUST_SEEN, (before, after)


def test_a_cover_drawn_on_the_phone_hides_the_right_place_of_every_copy(
    practice: Practice, desk: Desk
) -> None:
    frame = scenes.chart(orientation=UPRIGHT_PHONE)
    phone, pat = at_the_camera(practice, desk, frame)
    phone.take()
    box = phone.use_tool("Cover")
    left, top, right, bottom = scenes.MARK
    phone.drag(
        (box["x"] + box["width"] * (left - EDGE), box["y"] + box["height"] * (top - EDGE)),
        (box["x"] + box["width"] * (right + EDGE), box["y"] + box["height"] * (bottom + EDGE)),
    )
    expect(phone.page.get_by_role("img", name="Covered area")).to_have_count(1)
    phone.shot("p27-cover")
    phone.keep()
    phone.tap("File 1 photo")
    phone.choose_site()
    phone.file(label="Chart", notes="Covered")
    phone.is_gone("Pat")

    (photo,) = practice.server.ask("photos", patient=pat["id"])
    assert b64decode(practice.server.ask("original", photo=photo["id"])) == frame
    desk.open_photo(pat)
    expect(desk.page.get_by_text("1 cover, solid on every shared copy")).to_be_visible()
    begin(desk, [photo["id"]], use="A specialist, about this")
    share = re.search(r"/shares/[0-9a-f-]+", desk.page.url)
    assert share is not None
    desk.go(f"{share.group()}/look")
    shown = desk.page.locator("figure img").first
    expect(shown).to_be_visible()
    address = shown.get_attribute("src")
    assert address is not None
    copy = upright(desk.context.request.get(desk.origin + address).body())
    assert copy.size == scenes.CHART
    hidden = copy.crop(scenes.pixels(scenes.MARK, copy.size))
    assert hidden.getextrema() == (0, 0)  # nothing of the mark is left
    seen = upright(frame)
    for picture in (copy, seen):
        picture.paste(0, scenes.pixels(scenes.MARK, picture.size, more=2 * EDGE))
    changed = ImageChops.difference(copy, seen).point([255 * (by > 40) for by in range(256)])
    assert changed.getbbox() is None  # and nothing else is hidden
