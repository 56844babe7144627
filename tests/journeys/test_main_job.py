"""The main job: consent, a photo on a phone, filed in the record, nothing left on the phone."""

import json
import re
import statistics
import time

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.machine import slowness
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser
PUSHED_WITHIN = 2.0  # seconds on a quiet machine
CONSENT_WITHIN = 15.0


def test_from_the_desk_to_the_record_and_nothing_left_on_the_phone(
    full_practice: Practice,
) -> None:
    practice, ask = full_practice, full_practice.server.ask
    desk = practice.desk("GP")
    pat = practice.patient(desk)
    phone = practice.phone_of(desk)
    (row,) = ask("phones", person=desk.person["id"])

    others = [practice.patient(desk, given) for given in ("Ann", "Bob")]
    before = slowness()
    took = [_pushed(desk, phone, patient) for patient in (*others, pat)]
    assert min(took) < PUSHED_WITHIN * max(before, slowness()), took
    phone.says_it_holds(0)
    phone.shot("p05-home")
    phone.tap("Start with Pat")
    phone.agree("Pat")
    phone.take()
    phone.says_it_holds(1)
    _crop(phone)
    phone.keep()
    before = phone.taps
    phone.take()
    phone.keep()
    assert phone.taps - before <= 3  # a second photo
    phone.says_it_holds(2)
    phone.tap("File 2 photos")
    phone.choose_site()
    phone.file(label="Naevus, left forearm", diagnosis="Naevus", notes="Two colours.")
    phone.is_gone("Pat")
    expect(phone.page.locator(".two")).to_contain_text(re.compile(r"2\s*photos in your record"))

    first, second = ask("photos", patient=pat["id"])
    assert first["label"] == second["label"] == "Naevus, left forearm"
    assert second["size"] == [4032, 3024]
    assert abs(first["size"][0] - 0.65 * 4032) < 60  # the crop alone was kept
    assert abs(first["size"][1] - 0.7 * 3024) < 60
    assert first["visit"] == pat["visit"]
    for capture in (c for c in ask("captures", phone=row["id"]) if c["kind"] == "photo"):
        receipt = json.loads(capture["filed_receipt"])
        assert (receipt["state"], receipt["place"]) == ("filed", "record")
        assert receipt["sha256"] == capture["sha256"]
    _the_desk_shows_it(desk, pat["id"])

    phone.tap("Done")
    phone.tap(re.compile("lock now"))
    phone.sees("Safelight is locked")
    _again_from_unlock_to_filed(desk, phone, pat)


def _pushed(desk: Desk, phone: Phone, patient: dict[str, str]) -> float:
    """Send a patient from the desk; return how long after its answer the phone shows them."""
    start = f"Start with {patient['given']}"
    expect(phone.page.get_by_role("button", name=start)).to_have_count(0)
    phone.will_show(start)
    desk.push(patient)
    return phone.shown_at() - desk.answered_at()


def _crop(phone: Phone) -> None:
    table = phone.use_tool("Crop")
    x, y, wide, high = table["x"], table["y"], table["width"], table["height"]
    phone.drag((x + wide * 0.1, y + high * 0.1), (x + wide * 0.25, y + high * 0.2))


def _the_desk_shows_it(desk: Desk, patient: str) -> None:
    desk.open_photo({"id": patient})
    expect(
        desk.page.get_by_role("heading", name="No copy is outside the practice.")
    ).to_be_visible()
    gone = desk.page.locator(".ledger tbody").last
    expect(gone).to_contain_text(re.compile("phone", re.I))
    expect(gone).to_contain_text(re.compile("receipt", re.I))
    picture = desk.page.locator("figure.photo img")
    assert picture.evaluate("(it) => it.decode().then(() => it.naturalWidth)") > 1000
    desk.shot("d20-photo")
    desk.go(f"/patients/{patient}")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("2 photos of Pat")
    desk.shot("d21-timeline")


def _again_from_unlock_to_filed(desk: Desk, phone: Phone, patient: dict[str, str]) -> None:
    desk.push(patient)
    phone.taps = 0
    phone.unlock()
    phone.tap("Start with Pat")
    phone.sees("Still all right?")
    phone.shot("p14-still")
    phone.tap("Yes, open the camera")
    phone.take()
    phone.keep()
    phone.tap("File 1 photo")
    phone.file()
    phone.is_gone("Pat")
    assert phone.taps <= 12, phone.taps
    desk.go(f"/patients/{patient['id']}")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("3 photos of Pat")


def test_the_common_consent_takes_under_fifteen_seconds_and_eight_taps(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    took, taps = [], []
    before = slowness()
    for number in range(5):
        pat = practice.patient(desk, f"Pat{number}")
        phone.tap(re.compile(pat["family"], re.I))
        phone.sees("Before the camera opens")
        phone.taps, begun = 0, time.monotonic()
        phone.agree(pat["given"])
        expect(phone.page.get_by_role("button", name="Take", exact=True)).to_be_visible()
        spent, after = time.monotonic() - begun, slowness()
        took.append(spent / max(before, after))
        before = after
        taps.append(phone.taps)
        (consent,) = practice.server.ask("consents", patient=pat["id"])
        assert consent["method"] == "signed"
        said = {use for use, answer in consent["uses"].items() if answer == "yes"}
        assert said == {"care", "referral"}
        phone.tap("Close camera", wait=SHUTTER)
    assert max(taps) <= 8
    assert statistics.median(took) < CONSENT_WITHIN, took
