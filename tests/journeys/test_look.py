"""Every main page of the desk and every screen of the phone, light and dark, wide and narrow."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.looking import Looking, look_at
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser

VIEWS = ((1280, "light"), (390, "dark"), (1280, "dark"), (390, "light"))


def test_every_screen_of_the_phone_can_be_used_by_everybody(practice: Practice) -> None:
    desk = practice.desk("GP")
    pat = practice.patient(desk)
    phone = practice.bare_phone(of=Looking)
    assert isinstance(phone, Looking)
    phone.found, phone.seen = [], set()
    practice.add(phone, desk)
    phone.shot("p-locked")
    phone.unlock()
    phone.sees("Point the camera at a bare wall")
    phone.shot("p-self-check")
    phone.tap("Not now")
    desk.push(pat)
    expect(phone.page.get_by_role("button", name="Start with Pat")).to_be_visible()
    phone.shot("p-home")
    phone.tap("Find someone else")
    phone.page.get_by_role("searchbox").fill(pat["record_number"])
    expect(
        phone.page.get_by_role("region", name="Patients found").get_by_role("button")
    ).to_have_count(1)
    phone.shot("p-find")
    phone.tap("Not yet matched")
    phone.sees("Not yet matched")
    phone.shot("p-typed")
    phone.tap("Back", exact=True)
    phone.tap("Start with Pat")
    phone.tap("Emergency: no time to ask")
    phone.sees("Photos without asking")
    phone.shot("p-emergency")
    phone.tap("Back", exact=True)
    phone.agree("Pat")
    expect(phone.page.get_by_role("button", name="Take", exact=True)).to_be_enabled(timeout=SHUTTER)
    phone.tap("Views")
    phone.sees("Which views?")
    phone.shot("p-views")
    phone.tap("Back", exact=True)
    phone.photograph(label="Naevus", notes="Two colours")
    phone.is_gone("Pat")
    phone.done()
    phone.tap("Find a patient")
    phone.page.get_by_role("searchbox").fill(pat["record_number"])
    phone.choose(pat)
    phone.sees("Still all right?")
    phone.shot("p-still")
    phone.tap("Pat says no today")
    phone.sees("The camera stays shut.")
    phone.shot("p-refused")
    assert phone.found == []
    assert len(phone.seen) > 18


def test_what_nobody_could_use_is_found(practice: Practice) -> None:
    desk = practice.desk("NU")
    desk.go("/me")
    assert look_at(desk.page, scheme="light", width=390) == []
    desk.page.evaluate("""() => {
      const main = document.querySelector("main");
      main.append(document.createElement("input"), document.createElement("button"));
      main.lastChild.textContent = "x".repeat(400);
    }""")
    found = " ".join(look_at(desk.page, scheme="light", width=390))
    assert "label (critical)" in found
    assert "px too wide" in found


@pytest.fixture(scope="module")
def manager(practice: Practice) -> Desk:
    return practice.desk("M", "P")


def test_every_page_of_the_desk_can_be_used_by_everybody(
    practice: Practice, surgery: tuple[Desk, Phone], manager: Desk
) -> None:
    desk, phone = surgery
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.agree("Pat")
    phone.photograph(label="Naevus", notes="Two colours")
    phone.is_gone("Pat")
    phone.tap("Take more")
    phone.take()
    phone.keep()
    phone.tap("File 1 photo")
    phone.file(label="Naevus", notes="Again")  # the site is still the same
    phone.is_gone("Pat")
    photo = practice.server.ask("photos", patient=pat["id"])[0]["id"]
    (consent,) = practice.server.ask("consents", patient=pat["id"])
    (row,) = practice.server.ask("phones", person=desk.person["id"])

    one, photo, agreed = f"/patients/{pat['id']}", f"/photos/{photo}", f"/consents/{consent['id']}"
    found = _look(desk, "/", "/patients", "/patients/new", one, f"{one}/visits", f"{one}/edit")
    found += _look(desk, f"{one}/consents", f"{one}/consent/new", agreed, f"{agreed}/withdraw")
    found += _look(
        desk, photo, f"{photo}/label", f"{photo}/cover", f"{photo}/print", f"{photo}/move"
    )
    found += _look(desk, "/unmatched", "/phones", f"/phones/{row['id']}", "/phones/add", "/me")
    found += _look(desk, f"/phones/{row['id']}/lost", f"{one}/who-saw")
    found += _look(manager, "/people", "/people/invite", f"/people/{desk.person['id']}", "/policy")
    found += _look(manager, "/audit", "/phones", f"/people/{desk.person['id']}/leave")
    stranger = practice.desk("NU")
    found += _look(stranger, "/me/passkeys/add")
    stranger.context.clear_cookies()
    found += _look(stranger, "/sign-in", "/recover", "/join", "/nowhere")
    assert found == []


def _look(desk: Desk, *paths: str) -> list[str]:
    """Open pages, confirm where asked, and look at each in four ways."""
    found = []
    desk.watch.expected.add("404")
    for path in paths:
        answer = desk.page.goto(desk.origin + path)
        assert answer is not None
        assert answer.status == (404 if path == "/nowhere" else 200), path
        if "/step-up" in desk.page.url:
            desk.confirm()
            desk.page.wait_for_url(re.compile(re.escape(path)))
        for width, scheme in VIEWS:
            found += look_at(desk.page, scheme=scheme, width=width)
            desk.shot(f"e{path.replace('/', '-')[:40]}-{width}-{scheme}")
    return found
