"""The pages of the desk that only some days need, as everybody must be able to use them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.looking import Looker, past_step_up
from tests.journeys.sharing import Backstage

pytestmark = pytest.mark.browser
LIST = """Surname,First name,DOB,Record number
Testlist,Lou,1/2/1980,IM-0001
,Ann,1/2/1980,IM-0002
Testlist,Mia,31/2/1980,IM-0003
"""


@pytest.fixture(scope="module")
def rows(practice: Practice) -> Iterator[Backstage]:
    """Rows made and looked at behind the scenes."""
    backstage = Backstage(practice.server)
    yield backstage
    backstage.stop()


@pytest.fixture(scope="module")
def desk(practice: Practice) -> Desk:
    """A doctor's desk."""
    return practice.desk("GP")


@pytest.fixture(scope="module")
def manager(practice: Practice) -> Desk:
    """The desk of who manages the practice and its privacy."""
    return practice.desk("M", "P")


def visit(desk: Desk, look: Looker, *paths: str) -> None:
    """Open pages, confirm where asked, and look at each."""
    for path in paths:
        desk.go(path)
        past_step_up(desk)
        look.at(desk.page, f"d{path.replace('/', '-')[:60]}")


def lamps_on_paper(page: Page) -> dict[str, str]:
    """What fills the lamps of a page: without colour, outside is a disc, inside a ring."""
    found: dict[str, str] = page.locator("main .mark[data-state]").evaluate_all(
        "(all) => Object.fromEntries(all.map("
        "(it) => [it.dataset.state, getComputedStyle(it, '::before').backgroundColor]))"
    )
    return found


def test_what_the_manager_rarely_opens(
    practice: Practice, desk: Desk, manager: Desk, rows: Backstage, tmp_path: Path
) -> None:
    look, page = Looker(), manager.page
    number = rows.ask("alarm", gp=desk.person["id"], about="capture:0192")
    visit(manager, look, "/", f"/alarms/{number}")
    manager.press("I have looked into it")
    visit(manager, look, "/mail", "/policy", "/audit", "/audit/patients", "/people")
    for link in ("Change Ask again after", "Write the next version", "Version 1"):
        manager.go("/policy")
        page.get_by_role("link", name=link).first.click()
        past_step_up(manager)
        look.at(page, f"d-policy-{link.replace(' ', '-')}")
    manager.go("/policy")
    page.get_by_role("link", name="Check", exact=False).last.click()
    look.at(page, "d-policy-rule")
    visit(manager, look, f"/people/{desk.person['id']}/edit", f"/people/{desk.person['id']}")
    _import(manager, look, tmp_path)
    assert look.found == []


def _import(manager: Desk, look: Looker, folder: Path) -> None:
    """A list with a fault in it, checked, mended and brought in; and one that is no list."""
    page = manager.page
    visit(manager, look, "/patients/import")
    nothing = folder / "nothing.csv"
    nothing.write_text("")
    page.get_by_label("The file").set_input_files(nothing)
    manager.watch.expected.add("422")
    manager.press("Check the file")
    look.at(page, "d-import-refused")
    told = folder / "patients.csv"
    told.write_text(LIST)
    manager.go("/patients/import")
    page.get_by_label("The file").set_input_files(told)
    manager.press("Check the file")
    look.at(page, "d-import-checked")
    manager.press("Bring in 1 patient")
    expect(page.get_by_role("heading", level=1)).to_contain_text("1 patient brought in.")
    look.at(page, "d-import-done")


def test_two_records_are_joined_and_parted(practice: Practice, desk: Desk) -> None:
    look, page = Looker(), desk.page
    pat, same = practice.patient(desk), practice.patient(desk, "Patricia")
    visit(desk, look, f"/patients/{pat['id']}/merge")
    page.get_by_label("Name, date of birth").fill("Nobody at all")
    desk.press("Find")
    look.at(page, "d-merge-nobody")
    page.get_by_label("Name, date of birth").fill(same["record_number"])
    desk.press("Find")
    look.at(page, "d-merge-found")
    page.get_by_role("link", name="Compare").click()
    look.at(page, "d-merge-compare")
    page.get_by_label(f"{pat['record_number']}, with these details").check()
    page.get_by_label("How do you know that it is one person?").fill("Same birth date, asked her")
    desk.press("Join the two records")
    past_step_up(desk)
    desk.go(f"/patients/{pat['id']}/edit")
    look.at(page, "d-edit-joined")
    page.get_by_role("link", name="Part them again").click()
    look.at(page, "d-part")
    desk.go("/patients")
    page.get_by_role("searchbox").fill("Zz")
    desk.press("Find")
    look.at(page, "d-nobody-found")
    page.get_by_role("searchbox").fill(pat["record_number"])
    desk.press("Find")
    look.at(page, "d-found")
    visit(desk, look, f"/patients/{pat['id']}/restrict", f"/patients/{pat['id']}/consents")
    assert look.found == []


def test_a_record_is_opened_with_a_reason_and_the_privacy_officer_looks(
    practice: Practice, desk: Desk, manager: Desk, rows: Backstage
) -> None:
    look = Looker()
    other = practice.desk("NU")
    other.watch.expected.update({"403", "404"})
    pat = practice.patient(desk)
    desk.go(f"/patients/{pat['id']}/restrict")
    desk.page.get_by_label("Why").fill("Works here herself")
    desk.press("Restrict this record")
    other.go(f"/patients/{pat['id']}")
    look.at(other.page, "d-wall")
    visit(other, look, "/policy/no-such-page")
    other.go(f"/break-glass/{pat['id']}")
    look.at(other.page, "d-break-glass")
    other.page.get_by_label("It is an emergency").check()
    other.page.get_by_label("In a few words").fill("Called by the ward about a burn")
    other.press("Open Pat’s record")
    past_step_up(other)
    other.go(f"/break-glass/{pat['id']}")
    look.at(other.page, "d-break-glass-open")
    (opened,) = rows.ask("opened_walls", patient=pat["id"])
    visit(manager, look, "/", f"/break-glass/reviews/{opened}")
    manager.press("I have looked at this")
    visit(manager, look, f"/break-glass/reviews/{opened}")
    assert look.found == []


def test_a_photo_without_a_patient_and_what_is_done_with_one(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    look, page = Looker(), desk.page
    pat = practice.patient(desk)
    visit(desk, look, "/unmatched")
    waiting = rows.ask("unmatched", gp=desk.person["id"])
    visit(desk, look, "/", "/unmatched", f"/unmatched/{waiting}")
    expect(page.get_by_text("born 12 Mar 1968").first).to_be_visible()
    visit(desk, look, f"/unmatched/{waiting}?to={pat['id']}")
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], count=2)
    photo = told["photos"][0]
    visit(desk, look, f"/photos/{photo}/print")
    page.get_by_label("For the paper record").check()
    page.get_by_label("Who gets it?").fill("Reception")
    desk.press("Make the page to print")
    look.at(page, "d-printed")
    desk.go(f"/photos/{photo}")
    page.get_by_role("link", name="Account for it").click()
    look.at(page, "d-account")
    visit(desk, look, f"/photos/{photo}", f"/patients/{pat['id']}", f"/photos/{photo}/cover")
    page.get_by_label("It shows a sensitive site").check()
    page.get_by_label("Why it changes").fill("Asked by the patient")
    desk.press("Keep it so")
    visit(desk, look, f"/photos/{photo}/unblur", f"/patients/{pat['id']}/who-saw")
    desk.go(f"/patients/{pat['id']}")
    page.emulate_media(media="print")
    expect(page.locator("main .button:visible, main input:visible")).to_have_count(0)
    expect(page.locator("main img:visible")).to_have_count(0)  # a photo is printed by its own page
    assert lamps_on_paper(page) == {"out": "rgb(0, 0, 0)"}
    page.emulate_media(media="screen")
    consent = told["consent"]
    visit(desk, look, f"/consents/{consent}", f"/consents/{consent}/withdraw")
    visit(desk, look, f"/patients/{pat['id']}/consents", f"/patients/{pat['id']}/consent/new")
    desk.watch.expected.add("400")
    page.locator("form.form").evaluate("(it) => { it.noValidate = true; }")
    desk.press("Keep these answers")
    expect(page.locator(".problem").first).to_be_visible()
    look.at(page, "d-ask-not-kept")
    assert look.found == []


def test_a_phone_from_its_code_to_the_sheet_for_the_police(
    practice: Practice, surgery: tuple[Desk, Any]
) -> None:
    look = Looker()
    desk, _ = surgery
    (row,) = practice.server.ask("phones", person=desk.person["id"])
    one = f"/phones/{row['id']}"
    visit(desk, look, "/phones/add")
    desk.page.get_by_label("Mine").check()
    desk.press("Make the code")
    look.at(desk.page, "d-phone-code")
    visit(desk, look, "/phones", one, f"{one}/edit", f"{one}/revoke", f"{one}/lost")
    desk.press("Report lost and stop it now")
    look.at(desk.page, "d-phone-report")
    desk.page.get_by_role("link", name="Sheet for carrier and police").click()
    look.at(desk.page, "d-phone-sheet")
    visit(desk, look, "/phones", "/me", "/me/codes")
    desk.press("Make new codes")
    look.at(desk.page, "d-codes")
    assert look.found == []
