"""A walk-in: nobody booked a visit, and still every photo is whole with one answer."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.looking import Looker
from tests.journeys.phone import Phone
from tests.journeys.sharing import Backstage

pytestmark = pytest.mark.browser
WORDS = {"label": "Mark, left forearm", "diagnosis": "Naevus", "notes": "Two colours."}


@pytest.fixture(scope="module")
def rows(practice: Practice) -> Iterator[Backstage]:
    """Rows made and looked at behind the scenes."""
    backstage = Backstage(practice.server)
    yield backstage
    backstage.stop()


def test_a_walk_ins_photos_are_whole_whether_sent_from_the_desk_or_found_on_the_phone(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    look, page = Looker(), desk.page
    pat, sam = practice.patient(desk, visits=0), practice.patient(desk, "Sam", visits=0)
    desk.go(f"/patients/{pat['id']}")
    look.at(page, "d-walk-in")
    desk.press("Add a visit and send to my phone")
    expect(page.get_by_role("status")).to_contain_text("was added for the photos.")
    expect(page.get_by_role("button", name="Send to my phone", exact=True)).to_be_visible()
    look.at(page, "d-walk-in-sent")
    phone.tap("Start with Pat")
    _photographed(phone, "Pat")
    phone.tap("Find a patient")
    phone.page.get_by_label("Name, birth date").fill(sam["record_number"])
    phone.tap(re.compile(sam["family"], re.I))
    _photographed(phone, "Sam")
    for who in (pat, sam):
        (photo,) = practice.server.ask("photos", patient=who["id"])
        assert photo["visit"]
        desk.go("/")
        mentions = page.locator("li.work-row", has_text=who["name"])
        expect(mentions).to_have_count(1)  # on the list of today, and in want of nothing
        expect(mentions).to_contain_text("Consultation")
    assert look.found == []


def _photographed(phone: Phone, given: str) -> None:
    """Agree, take one photo, file it with all its words, and come home."""
    phone.agree(given)
    phone.take()
    phone.keep()
    phone.tap("File 1 photo")
    phone.choose_site()
    phone.file(**WORDS)
    phone.is_gone(given)
    phone.tap("Done")


def test_one_answer_serves_a_sitting_and_can_be_changed(
    practice: Practice, surgery: tuple[Desk, Any], rows: Backstage
) -> None:
    desk, _ = surgery
    look, page = Looker(), desk.page
    pat = practice.patient(desk, "Kim", visits=2)  # which of the two, a person says
    rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], count=3)
    desk.go("/")
    look.at(page, "d-today-sitting")
    row = page.locator("li.work-row", has_text=pat["name"]).filter(has_text="Needs a visit")
    row.get_by_role("link", name="Choose the visit").click()
    heading = page.get_by_role("heading", level=1)
    expect(heading).to_have_text("Which visit do these 3 photos belong to?")
    expect(page.locator(".sitting img").nth(1)).to_be_visible()
    look.at(page, "d-sitting-visit")
    page.get_by_label("Visit").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said = page.get_by_role("status")
    expect(said).to_contain_text("Put 3 photos in a visit")
    look.at(page, "d-sitting-done")
    said.get_by_role("link", name="Change").click()
    expect(heading).to_have_text("Which visit do these 3 photos belong to?")
    page.get_by_role("link", name="Correct the words too").click()
    expect(heading).to_have_text("Correct the label.")
    page.get_by_role("checkbox").first.check()
    page.get_by_label("Label", exact=True).fill("Naevus, left forearm")
    desk.press("Keep these words")
    expect(said).to_contain_text("Labelled 2 photos.")
    said.get_by_role("link", name="Change").click()
    expect(heading).to_have_text("Correct the label of 2 photos.")
    expect(page.get_by_label("Label", exact=True)).to_have_value("Naevus, left forearm")
    look.at(page, "d-sitting-change")
    labels = {photo["label"] for photo in practice.server.ask("photos", patient=pat["id"])}
    assert len(labels) == 2
    assert look.found == []


def test_a_waiting_sitting_finds_a_new_patient_with_what_the_phone_said(
    practice: Practice, surgery: tuple[Desk, Any], rows: Backstage
) -> None:
    desk, _ = surgery
    look, page = Looker(), desk.page
    first = rows.ask("unmatched", gp=desk.person["id"], count=3)
    desk.go("/unmatched")
    look.at(page, "d-tray-sitting")
    desk.go(f"/unmatched/{first}")
    look.at(page, "d-tray-who")
    page.get_by_role("link", name="add a patient", exact=False).click()
    expect(page.get_by_label("Date of birth")).to_have_value("12/3/1968")
    assert "Testcase" not in page.url
    look.at(page, "d-tray-add")
    page.get_by_label("Record number").fill("WL-990001")
    desk.press("Add the patient")
    if "/add" in page.url:  # somebody is called so already: a second look
        page.get_by_label("Keep it as it is.").check()
        desk.press("Add the patient")
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "File these 3 photos for TESTCASE, Pat?"
    )
    look.at(page, "d-tray-confirm")
    desk.press("File them in Pat’s record")
    expect(page.get_by_role("status")).to_contain_text("Filed 3 photos in Pat’s record.")
    assert look.found == []
