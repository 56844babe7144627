"""Asking first: a no, a yes taken back, no time to ask, and a photo of somebody else."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser


def test_a_no_is_kept_and_the_camera_stays_shut(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.sees("Before the camera opens")
    phone.say_six_things()
    phone.answer("Care here", "No")
    phone.tap("Pat said no to photos")
    phone.sees("The camera stays shut.")
    phone.shot("p15-refused")
    phone.tap("Done")
    phone.says_it_holds(0)

    (consent,) = practice.server.ask("consents", patient=pat["id"])
    assert consent["uses"]["care"] == "no"
    assert practice.server.ask("photos", patient=pat["id"]) == []
    desk.go(f"/consents/{consent['id']}")
    expect(desk.page.get_by_role("row", name=re.compile("Care"))).to_contain_text("No")
    desk.shot("d30-refusal")


def test_a_yes_taken_back_while_the_camera_is_open_keeps_the_photo_out(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat = _photographed_too_late(practice, desk, phone)
    phone.says_it_holds(1)
    phone.shot("p25-not-filed")
    assert practice.server.ask("photos", patient=pat["id"]) == []
    (row,) = practice.server.ask("phones", person=desk.person["id"])
    refused = [c for c in practice.server.ask("captures", phone=row["id"]) if c["refused_code"]]
    assert [c["refused_code"] for c in refused] == ["no_consent"]

    phone.done()
    phone.tap("See what waits")
    expect(phone.page.get_by_text("record the consent, then send again")).to_be_visible()
    phone.shot("p26-waiting")
    phone.tap("Back")
    phone.choose(pat)  # asked again, Pat says yes after all: the photo goes by itself
    phone.agree("Pat", referral=False)
    phone.tap("Close camera", wait=SHUTTER)
    phone.says_it_holds(0, wait=SHUTTER)
    (photo,) = practice.server.ask("photos", patient=pat["id"])
    assert photo["label"] == "Too late"


def test_a_refused_photo_is_sent_once_and_goes_for_good_on_a_second_yes(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pieces: list[str] = []
    phone.page.on(
        "request", lambda call: pieces.append(call.url) if call.method == "PATCH" else None
    )
    pat = _photographed_too_late(practice, desk, phone)
    sent = len(pieces)
    phone.done()
    phone.page.evaluate("dispatchEvent(new Event('online'))")  # what makes the phone send by itself
    phone.tap("See what waits")
    expect(phone.page.get_by_text("record the consent, then send again")).to_be_visible()
    assert len(pieces) == sent > 0, "it rests before it is sent again"

    phone.tap("Throw this photo away")
    phone.sees("Throw this photo away?")
    phone.shot("p27-throw-away")
    phone.tap("Keep it")
    phone.says_it_holds(1)
    phone.tap("Throw this photo away")
    with phone.page.expect_response(re.compile("/beat$")) as told:
        phone.tap("Throw it away")
    assert told.value.ok
    expect(phone.page.get_by_text("Nothing waits here.")).to_be_visible()
    phone.says_it_holds(0)
    phone.tap("Back")

    (row,) = practice.server.ask("phones", person=desk.person["id"])
    captures = practice.server.ask("captures", phone=row["id"])
    assert [c["gone"] for c in captures if c["state"] == "refused"] == [True]
    assert practice.server.ask("photos", patient=pat["id"]) == []


def _photographed_too_late(practice: Practice, desk: Desk, phone: Phone) -> dict[str, Any]:
    """A patient who took their yes back before the shutter: the photo stays on the phone."""
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    _take_back(desk, practice, pat["id"])
    phone.photograph(label="Too late")
    expect(phone.page.get_by_text("The phone still has it, sealed.")).to_be_visible(timeout=SHUTTER)
    return pat


def _take_back(desk: Desk, practice: Practice, patient: str) -> None:
    (consent,) = practice.server.ask("consents", patient=patient)
    desk.go(f"/consents/{consent['id']}/withdraw")
    desk.page.get_by_role("radio").first.check()
    desk.page.get_by_label("Who said so, and how").fill("Pat, at the counter")
    desk.shot("d31-take-back")
    desk.press("Take it back")
    expect(desk.page.get_by_role("heading", level=1)).to_be_visible()


def test_no_time_to_ask_stays_on_today_until_somebody_reviewed_it(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.tap("Emergency: no time to ask")
    phone.sees("Photos without asking")
    why = phone.page.get_by_role("textbox", name="Why there is no time to ask")
    why.fill("Unconscious, spreading rash")
    phone.shot("p16-emergency")
    phone.tap("Open the camera")
    phone.photograph(label="Rash, forearm", notes="Spreading")
    phone.is_gone("Pat")
    phone.done()

    desk.go("/")
    owed = (
        desk.page.locator(".work-row")
        .filter(has_text=pat["name"])
        .filter(has=desk.page.locator("a.button"))
    )
    expect(owed).to_have_count(1)
    desk.shot("d32-today")
    owed.get_by_role("link", name="Review it").click()
    if "/review" not in desk.page.url:
        desk.page.get_by_role("link", name="Review it").click()
    desk.page.get_by_role("radio").first.check()
    desk.page.get_by_role("textbox").last.fill("Pat woke, was told, and agrees.")
    desk.press("Keep this review")
    desk.go("/")
    expect(owed).to_have_count(0)


def test_a_photo_of_somebody_else_is_moved_and_both_records_say_so(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat, quinn = practice.patient(desk), practice.patient(desk, "Quinn")
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    phone.photograph(label="Naevus, forearm", notes="Wrong chair")
    phone.is_gone("Pat")
    phone.done()
    phone.choose(quinn)
    phone.agree("Quinn", referral=False)
    phone.tap("Close camera", wait=SHUTTER)

    desk.open_photo(pat)
    (photo,) = practice.server.ask("photos", patient=pat["id"])
    desk.page.get_by_role("link", name="Wrong patient?").click()
    if "/step-up" in desk.page.url:
        desk.confirm()
    desk.page.get_by_label("Name, birth date or record number").fill(quinn["record_number"])
    desk.press("Find")
    desk.page.get_by_role("link", name=re.compile("^Choose")).click()
    desk.page.get_by_label("Why it moves").fill("The list was a row off.")
    desk.shot("d33-move")
    desk.press("Move it to Quinn’s record")

    desk.open_photo(quinn)
    expect(desk.page.get_by_text(f"to {quinn['record_number']}. Why: The list was")).to_be_visible()
    desk.shot("d34-moved")
    assert [p["id"] for p in practice.server.ask("photos", patient=quinn["id"])] == [photo["id"]]
    assert practice.server.ask("photos", patient=pat["id"]) == []
    for patient in (pat, quinn):
        assert any("moved" in did for did in practice.server.ask("actions", patient=patient["id"]))
