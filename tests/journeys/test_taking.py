"""Taking photos: who else was there, views of a set, the last photo shows through, the limits."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.journeys import scenes
from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser

GROIN = "39687006"
DRAWN = """async (drawn) => {
  await drawn.decode?.();
  const small = new OffscreenCanvas(8, 6).getContext("2d");
  small.imageSmoothingQuality = "high";
  small.drawImage(drawn, 0, 0, 8, 6);
  return [...small.getImageData(0, 0, 8, 6).data];
}"""


@pytest.fixture(scope="module")
def manager(practice: Practice) -> Desk:
    return practice.desk("M", "P")


@contextmanager
def the_practice_sets(manager: Desk, **wanted: int) -> Iterator[None]:
    """Set rules of the practice as its manager does, for a while: it is shared by all stories."""
    before = {key: _set(manager, key, value) for key, value in wanted.items()}
    try:
        yield
    finally:
        for key, value in before.items():
            _set(manager, key, value)


def _set(manager: Desk, key: str, value: int) -> int:
    manager.go(f"/policy/settings/{key}")
    if "/step-up" in manager.page.url:
        manager.confirm()
    field = manager.page.get_by_role("spinbutton")
    before = int(field.input_value())
    field.fill(str(value))
    manager.press("Set it from now on")
    expect(manager.page).to_have_url(re.compile("/policy$"))
    return before


def test_a_sensitive_site_asks_who_else_was_there_and_the_record_says_so(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    phone.take()
    phone.keep()
    phone.tap("File 1 photo")
    phone.sees("Label this photo")
    asked = phone.page.get_by_role("radiogroup", name="Someone else in the room")
    expect(asked).to_have_count(0)  # no site yet, so nobody knows that it is sensitive
    phone.tap("Choose site")
    phone.page.get_by_role("radio", name="groin", exact=True).check(force=True)
    phone.touch(phone.page.get_by_role("radiogroup", name="Which side").get_by_text("Right"))
    phone.tap("Use this site")
    expect(asked).to_be_visible()

    phone.file(label="Rash, right groin", notes="Both folds", recognisable="")
    expect(phone.page.get_by_role("alert")).to_contain_text("This site needs the answer.")
    phone.shot("p28-chaperone")
    phone.touch(asked.get_by_text("Yes", exact=True))
    phone.file(recognisable="")
    expect(phone.page.get_by_role("alert")).to_be_visible()  # there was someone: who?
    phone.page.get_by_role("textbox", name="Who was there").fill("Nurse Bo Standin")
    phone.file(recognisable="")
    told = phone.page.get_by_role("alert").filter(has_text="recognise the patient")
    expect(told).to_be_visible()  # nothing is filed before it is answered
    expect(phone.page.get_by_role("alert")).to_have_count(1)  # what was mended is not said again
    phone.says_it_holds(1)
    phone.shot("p29-recognise")
    phone.file(recognisable="Yes")
    phone.is_gone("Pat")
    phone.done()

    (photo,) = practice.server.ask("photos", patient=pat["id"])
    assert photo["recognisable"] is True
    assert (photo["site"], photo["chaperone"]) == (GROIN, "Present: Nurse Bo Standin")
    desk.open_photo(pat)
    expect(desk.page.get_by_text("chaperone: Present: Nurse Bo Standin")).to_be_visible()
    expect(desk.page.get_by_text("This photo is of a sensitive site.")).to_be_visible()
    desk.shot("d22-chaperone")


def test_views_of_a_set_come_in_order_and_the_desk_knows_each_by_name(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    phone.tap("Views", wait=SHUTTER)
    phone.sees("Which views?")
    phone.tap(re.compile("^One spot"))
    for said in ("1 of 5: Where it is", "2 of 5: Close, with a ruler", "3 of 5: Close, no ruler"):
        expect(phone.page.locator(".count")).to_contain_text(f"Photo {said}")
        expect(phone.page.get_by_role("button", name="Skip")).to_have_count(0)
        phone.take()
        phone.keep()
    expect(phone.page.locator(".count")).to_contain_text("4 of 5: Through the dermatoscope")
    expect(phone.page.get_by_text("Touching the skin, same way up each time.")).to_be_visible()
    phone.shot("p29-set")
    phone.tap("Skip")
    expect(phone.page.locator(".count")).to_contain_text("5 of 5: From the side")
    phone.take()
    phone.keep()
    expect(phone.page.locator(".count")).to_contain_text(re.compile("Photo 5 of at most"))
    phone.tap("File 4 photos")
    phone.choose_site()
    phone.file(label="Naevus", notes="A whole set")
    phone.is_gone("Pat")
    phone.done()

    views = [p["view"] for p in practice.server.ask("photos", patient=pat["id"])]
    assert views == [["lesion", code] for code in ("regional", "scale", "close_up", "oblique")]
    desk.go(f"/patients/{pat['id']}")
    for name in ("where it is", "close, with a ruler", "close, no ruler", "from the side"):
        expect(desk.page.locator("table").get_by_text(f"One spot: {name}")).to_be_visible()
    desk.shot("d23-set")
    desk.open_photo(pat)
    expect(desk.page.locator(".facts").first).to_contain_text("One spot: from the side")


def test_the_last_photo_of_the_same_site_shows_through_and_its_sight_is_in_the_log(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    ghost = phone.page.locator("canvas.ghost")
    hide = phone.page.get_by_role("button", name=re.compile("^Hide "))
    expect(phone.page.get_by_role("button", name="Take", exact=True)).to_be_enabled(timeout=SHUTTER)
    expect(ghost).to_be_hidden()
    phone.photograph(label="Naevus", notes="The first")
    phone.is_gone("Pat")
    phone.done()
    seen = "photo.ghost_viewed"
    assert seen not in practice.server.ask("actions", patient=pat["id"])

    phone.choose(pat)
    phone.tap("Yes, open the camera")
    expect(hide).to_be_visible(timeout=SHUTTER)
    expect(ghost).to_be_visible()
    desk.open_photo(pat)
    view = desk.page.locator("figure.photo img").evaluate(DRAWN)
    shown = ghost.evaluate(DRAWN)
    assert len(set(shown)) > 3
    apart = [abs(one - other) for one, other in zip(view, shown, strict=True)]
    assert sum(apart) / len(apart) < 12
    assert practice.server.ask("actions", patient=pat["id"]).count(seen) == 1
    phone.shot("p20-ghost")
    hide.tap()
    expect(ghost).to_be_hidden()
    phone.tap(re.compile("^Show "))
    expect(ghost).to_be_visible()
    phone.tap("Change")
    elsewhere = phone.page.get_by_role("radio", name="right forearm, front", exact=True)
    elsewhere.check(force=True)  # nothing was taken there
    phone.tap("Use this site")
    expect(phone.page.get_by_role("button", name="Take", exact=True)).to_be_visible()
    expect(ghost).to_be_hidden()
    phone.tap("Close camera")


def test_one_photo_past_the_practices_number_takes_a_reason_and_larger_ones_are_made_smaller(
    practice: Practice, manager: Desk
) -> None:
    desk = practice.desk("GP")
    still = io.BytesIO()
    Image.open(io.BytesIO(scenes.chart())).resize((2400, 1800)).save(still, "JPEG", quality=90)
    with the_practice_sets(manager, max_photos_per_visit=2, max_long_edge=1600):
        phone = practice.bare_phone()
        phone.camera_gives(still.getvalue())
        practice.add(phone, desk)
        phone.unlock_first()
        pat = practice.patient(desk)
        phone.choose(pat)
        phone.agree("Pat", referral=False)
        for _ in range(2):
            phone.take()
            phone.keep()
        shutter = phone.page.get_by_role("button", name="Take", exact=True)
        expect(shutter).to_be_enabled(timeout=SHUTTER)
        limit = phone.page.get_by_role("dialog", name="That is 2 photos, the practice’s limit.")
        shutter.tap()
        expect(limit).to_be_visible()
        phone.shot("p20-limit")
        phone.tap("Take another")
        expect(limit).to_be_visible()  # not without a reason
        phone.tap("Cancel")
        phone.says_it_holds(2)
        shutter.tap()
        limit.get_by_role("textbox", name="Why another one is needed").fill("The far edge")
        phone.tap("Take another")
        phone.keep()
        phone.tap("File 3 photos")
        phone.choose_site()
        phone.file(label="Naevus", notes="Three of two")
        phone.is_gone("Pat")

    photos = practice.server.ask("photos", patient=pat["id"])
    assert [p["limit_reason"] for p in photos] == ["", "", "The far edge"]
    assert {tuple(p["size"]) for p in photos} == {(1600, 1200)}
    desk.open_photo(pat)
    expect(desk.page.get_by_text("over the limit because: The far edge")).to_be_visible()
