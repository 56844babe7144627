"""Signing on one's own phone: a code shown by the doctor, one reading, one answer."""

import re
from typing import Any

import pytest
import segno
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.looking import look_at
from tests.journeys.machine import slowness
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser

SEEN_WITHIN = 2.0  # seconds on a quiet machine, from the patient's answer to the doctor's phone


def looked_at(phone: Phone, name: str) -> None:
    """Everybody can use this screen, light and dark."""
    for scheme in ("light", "dark"):
        assert look_at(phone.page, scheme=scheme) == []
        phone.shot(f"{name}-{scheme}")


def shown_code(practice: Practice, desk: Desk, phone: Phone) -> tuple[dict[str, Any], str]:
    """Have the talk, and show the patient the code."""
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.sees("Before the camera opens")
    phone.say_six_things()
    phone.answer("Care here", "Yes")
    phone.answer("A specialist", "Yes")
    phone.answer("Teaching our staff", "No")
    phone.touch(
        phone.page.get_by_role("radiogroup", name="How it is given").get_by_text("Their phone")
    )
    looked_at(phone, "p11-how-given")
    phone.tap("Show Pat the code")
    phone.sees("Pat, read it on your own phone.")
    return pat, phone.page.locator(".typed").inner_text()


def dark_modules(phone: Phone) -> set[tuple[int, int]]:
    """Return where the square code on the screen is dark, its quiet edge taken off."""
    drawn = phone.page.locator(".square path").get_attribute("d") or ""
    return {(int(x) - 4, int(y) - 4) for x, y in re.findall(r"M(\d+) (\d+)h1", drawn)}


def test_a_patient_reads_and_signs_on_their_own_phone_and_the_camera_opens(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat, code = shown_code(practice, desk, phone)
    looked_at(phone, "p17-their-phone")
    link = f"{practice.server.origin}/agree#{code.replace('-', '')}"
    matrix = segno.make_qr(link, error="m").matrix
    assert dark_modules(phone) == {
        (x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark
    }

    own = practice.bare_phone()
    own.page.goto(link)
    own.sees("Read it and sign on your own phone.")
    assert own.page.url == f"{practice.server.origin}/agree"  # in no history
    looked_at(own, "g10-code")
    own.tap("Read it")
    own.sees("Pat, is this right?")
    expect(own.page.get_by_text("Photos for my care here")).to_be_visible()
    expect(own.page.locator(".six li")).to_have_count(6)
    looked_at(own, "g11-read")
    expect(phone.page.get_by_role("status").filter(has_text="Pat is reading it.")).to_be_visible()
    expect(phone.page.locator(".square")).to_be_hidden()  # it works once
    own.tap("I agree")
    expect(own.page.get_by_role("alert")).to_have_text("Sign with your finger in the box first.")
    own.sign()
    own.shot("g11-signed")
    before = slowness()
    phone.will_show("Take")
    own.tap("I agree")
    own.sees("Thank you, Pat.")
    shutter = phone.page.get_by_role("button", name="Take", exact=True)
    expect(shutter).to_be_visible(timeout=SHUTTER)
    took = phone.shown_at() - own.answered_at()
    assert took < SEEN_WITHIN * max(before, slowness()), f"it took {took:.1f} s"
    looked_at(own, "g12-thanks")

    (consent,) = practice.server.ask("consents", patient=pat["id"])
    assert consent["method"] == "signed"
    uses = consent["uses"]
    assert (uses["care"], uses["referral"], uses["teaching"]) == ("yes", "yes", "no")
    desk.go(f"/consents/{consent['id']}")
    expect(desk.page.get_by_text("on their own phone, by a code")).to_be_visible()
    expect(desk.page.get_by_role("img", name="Signature")).to_be_visible()
    phone.photograph(label="Naevus", notes="Signed elsewhere")
    phone.is_gone("Pat")
    phone.done()

    second = practice.bare_phone()
    second.watch.expected.add("404")
    second.page.goto(link)
    second.tap("Read it")
    expect(second.page.get_by_role("alert")).to_contain_text("There is nothing to read here")


def test_a_patient_says_no_on_their_own_phone_and_the_camera_stays_shut(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat, code = shown_code(practice, desk, phone)
    own = practice.bare_phone()
    own.go("/agree")
    own.page.get_by_label("Code").fill(code.lower())
    own.tap("Read it")
    own.tap("I’d rather not")
    own.sees("That is fine, Pat.")
    looked_at(own, "g13-no")
    phone.sees("The camera stays shut.")
    phone.tap("Done")
    (consent,) = practice.server.ask("consents", patient=pat["id"])
    assert set(consent["uses"].values()) == {"no", "not_asked"}


def test_a_code_taken_back_leaves_nothing_to_sign(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat, code = shown_code(practice, desk, phone)
    own = practice.bare_phone()
    own.watch.expected.add("410")
    own.page.goto(f"{practice.server.origin}/agree#{code}")
    own.tap("Read it")
    own.sees("Pat, is this right?")
    phone.tap("Back")
    phone.sees("Before the camera opens")
    assert phone.page.locator(".grip input:checked").count() == 6  # what was said stays said
    own.sign()
    own.tap("I agree")
    own.sees("There is nothing to read here.")
    looked_at(own, "g14-closed")
    assert practice.server.ask("consents", patient=pat["id"]) == []
    phone.tap("Back", exact=True)
