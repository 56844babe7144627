"""The screens of the phone that appear when something is in the way."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.journeys.conftest import Practice
from tests.journeys.looking import Looking, past_step_up
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser
REFUSED = {"code": "no_consent", "message": "Not recorded. The wording has changed.", "remedy": ""}
WAYS = (
    ("revoke", "Stop it", "The practice stopped this phone."),
    ("lost", "Report lost and stop it now", "This phone was reported lost."),
)
PHONE_ZOOMED = 206  # a phone of 412 at 200 %
NARROW: ViewportSize = {"width": 390, "height": 844}
LONG = "Wolfeschlegelsteinhausenbergerdorff"  # one real family name, without a break in it
COLLIDING = """(places) => [...document.querySelectorAll(places)].flatMap((place) => {
  const told = [...place.children].map((child) => {
    const range = document.createRange();
    range.selectNodeContents(child);
    return { words: child.textContent, box: range.getBoundingClientRect() };
  }).filter(({ box }) => box.width);
  const room = place.getBoundingClientRect();
  const out = told.filter(({ box }) => box.left < room.left - 1 || box.right > room.right + 1);
  const over = told.filter((one) => told.some((two) => one !== two &&
    one.box.left < two.box.right - 1 && two.box.left < one.box.right - 1 &&
    one.box.top < two.box.bottom - 1 && two.box.top < one.box.bottom - 1));
  return [...out.map(({ words }) => `out of its place: ${words}`),
    ...over.map(({ words }) => `over another: ${words}`)];
})"""
TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


def looking(practice: Practice) -> Looking:
    """A phone that was never here before, and whose screens are looked at."""
    phone = practice.bare_phone(of=Looking)
    assert isinstance(phone, Looking)
    phone.found, phone.seen = [], set()
    phone.watch.expected.update({"net", "400", "403", "404", "409", "410"})
    return phone


def verified(phone: Phone, *, finger: bool) -> None:
    """Say whether the phone knows the finger that is laid on it."""
    told = {"authenticatorId": phone.authenticator, "isUserVerified": finger}
    phone.cdp.send("WebAuthn.setUserVerified", told)


def test_adding_a_phone_that_does_not_go_well(practice: Practice) -> None:
    desk = practice.desk("GP")
    phone = looking(practice)
    phone.open_app()
    phone.tap("Scan the code")
    phone.sees("Scan the code")
    expect(phone.page.get_by_role("status").last).to_be_visible()
    phone.shot("q-scan")
    phone.tap("Type it")
    phone.page.get_by_label("Code from the computer").fill("SHORT")
    phone.shot("q-typed")
    phone.tap("Go on")
    expect(phone.page.get_by_text("The code has 10 letters and digits.")).to_be_visible()
    phone.shot("q-wrong-code")
    code = desk.new_code()
    practice.bare_phone().add(code)
    phone.page.get_by_label("Code from the computer").fill(code)
    phone.tap("Go on")
    phone.about("Another")
    phone.sees("Not added.")
    phone.shot("q-not-added")
    assert phone.found == []


def test_what_waits_what_is_refused_and_a_finger_that_is_not_known(practice: Practice) -> None:
    desk = practice.desk("GP")
    pat = practice.patient(desk)
    phone = looking(practice)
    practice.add(phone, desk)
    verified(phone, finger=False)
    phone.unlock()
    expect(phone.page.get_by_role("alert").filter(has_text="Not unlocked.")).to_be_visible()
    phone.shot("q-not-unlocked")
    verified(phone, finger=True)
    phone.unlock_first()
    expect(phone.page.get_by_role("button", name=re.compile(pat["family"], re.I))).to_be_visible()
    phone.out_of_reach()
    phone.choose(pat)
    phone.agree("Pat")
    phone.photograph(label="Naevus", notes="Out of reach")
    phone.sees("1 is still on its way.")
    phone.shot("q-on-its-way")
    phone.done()
    phone.says_it_holds(1)
    phone.shot("q-home-holding")
    phone.tap("See what waits")
    phone.sees("Waiting here")
    phone.shot("q-waiting")
    _fits_at_twice_the_size(phone.page)
    phone.tap("Back", exact=True)
    phone.lock()
    phone.says_it_holds(1)
    phone.shot("q-locked-holding")
    phone.in_reach()
    phone.unlock()
    phone.says_it_holds(0, wait=90_000)
    _refuse_a_consent(phone, practice.patient(desk, "Quinn"))
    assert phone.found == []


def _refuse_a_consent(phone: Looking, patient: dict[str, Any]) -> None:
    """The practice does not take a consent: what the screen says then."""
    phone.page.route("**/phone/api/consents/*", _refuse)
    phone.choose(patient)
    phone.sees("Before the camera opens")
    phone.say_six_things()
    phone.answer("Care here", "Yes")
    phone.tap("Quinn signs")
    phone.sign()
    phone.tap("I agree")
    phone.sees("Not recorded.")
    phone.shot("q-not-recorded")


def _refuse(route: Route) -> None:
    route.fulfill(status=409, json=REFUSED)


def test_a_phone_that_was_stopped_and_one_that_was_lost(practice: Practice) -> None:
    found = []
    for way, press, heading in WAYS:
        desk = practice.desk("GP")
        phone = looking(practice)
        phone.watch.expected.add("401")
        practice.add(phone, desk)
        phone.unlock_first()
        (row,) = practice.server.ask("phones", person=desk.person["id"])
        desk.go(f"/phones/{row['id']}/{way}")
        past_step_up(desk)
        desk.press(press)
        phone.sees(heading)
        phone.shot(f"q-{way}")
        _fits_at_twice_the_size(phone.page)
        found += phone.found
    assert found == []


def test_a_long_name_leaves_room_for_what_stands_beside_it(practice: Practice) -> None:
    desk = practice.desk("GP")
    pushed, listed = practice.patient(desk, family=LONG), practice.patient(desk, family=LONG + "e")
    phone = looking(practice)
    practice.add(phone, desk)
    phone.unlock_first()
    phone.page.set_viewport_size(NARROW)
    desk.push(pushed)
    start = phone.page.get_by_role("button", name="Start with")
    expect(start).to_be_visible()
    row = phone.page.get_by_role("button", name=re.compile(listed["family"], re.I))
    expect(row).to_be_visible()
    _nothing_collides(phone.page, ".row-button, .pushed .who, .bar-stack")
    phone.shot("q-home-long")
    phone.touch(start)
    phone.agree(pushed["given"])
    expect(phone.page.get_by_role("button", name="Choose site")).to_be_visible(timeout=SHUTTER)
    _nothing_collides(phone.page, ".about, .about div, .count, .deck")
    phone.shot("q-camera-long")
    assert phone.found == []


def _nothing_collides(page: Page, places: str) -> None:
    assert page.locator(places).count()
    assert page.evaluate(COLLIDING, places) == []
    assert not page.evaluate(TOO_WIDE)


def _fits_at_twice_the_size(page: Page) -> None:
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": PHONE_ZOOMED, "height": size["height"]})
    assert not page.evaluate(TOO_WIDE)
    page.set_viewport_size(size)
