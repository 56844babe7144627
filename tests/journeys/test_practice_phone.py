"""The practice's phone: one person at a time, each by their own passkey, and the desk knows who."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser

CONFIG = "fetch('/phone/api/config').then((answer) => answer.status)"


def has_it(desk: Desk, phone: str, *, who: str) -> None:
    """The phone's page says who has it."""
    desk.go(f"/phones/{phone}")
    expect(desk.page.locator(".page-head")).to_contain_text(who)


def is_home(phone: Phone, person: str) -> None:
    """Home is open, for this person."""
    expect(phone.page.get_by_role("button", name=f"{person}, lock now")).to_be_visible()


def test_it_goes_from_hand_to_hand_and_nothing_of_the_first_person_stays_behind(
    practice: Practice,
) -> None:
    manager, nurse, doctor = practice.desk("M", "P"), practice.desk("NU"), practice.desk("GP")
    pat = practice.patient(nurse)
    phone = practice.bare_phone()
    phone.watch.expected.add("net")
    phone.add(manager.new_code(whose="The practice’s"), name="Treatment room", own=False)
    manager.page.wait_for_url(re.compile("/phones/[0-9a-f-]{36}$"))
    row = manager.page.url.rsplit("/", 1)[1]
    has_it(manager, row, who="Nobody")

    phone.sees("Safelight is locked")
    phone.has_passkey_of(nurse)
    phone.unlock_first()
    is_home(phone, nurse.person["given"])
    has_it(manager, row, who=f"{nurse.person['name']} signed it out")
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    phone.context.route("**/phone/api/captures/**", lambda route: route.abort())
    phone.photograph(label="Ulcer, forearm", notes="By the nurse")
    phone.sees("1 is still on its way.")
    phone.done()

    phone.tap("Hand this phone back")
    phone.shot("p60-hand-back")
    phone.tap("Back", exact=True)
    is_home(phone, nurse.person["given"])
    phone.tap("Hand this phone back")
    phone.tap("Hand it back")
    phone.sees("Waiting here")  # not while it holds a photo of hers
    phone.tap("Back", exact=True)
    phone.tap(re.compile("lock now"))
    phone.tap("Someone else")
    expect(phone.page.get_by_role("alert")).to_contain_text("still holds photos")
    phone.shot("p61-still-holds")
    phone.context.unroute_all()
    phone.unlock()
    phone.says_it_holds(0, wait=SHUTTER)
    phone.tap("Hand this phone back")
    phone.tap("Hand it back")
    phone.sees("Safelight is locked")
    (photo,) = practice.server.ask("photos", patient=pat["id"])
    assert (photo["notes"], photo["by"]) == ("By the nurse", nurse.person["id"])
    has_it(manager, row, who="Nobody")

    phone.has_passkey_of(doctor)
    phone.unlock()
    is_home(phone, doctor.person["given"])
    has_it(manager, row, who=f"{doctor.person['name']} signed it out")
    phone.tap(re.compile("lock now"))
    phone.has_passkey_of(nurse)
    phone.unlock()  # it is the doctor's now, and this is not the doctor's finger
    expect(phone.page.get_by_role("alert").filter(has_text="Not unlocked.")).to_be_visible()
    phone.tap("Someone else")
    is_home(phone, nurse.person["given"])
    doctor.go("/me")
    expect(doctor.page.get_by_text("Treatment room")).to_have_count(0)  # that sign-in is over
    nurse.go("/me")
    expect(nurse.page.get_by_text("Treatment room")).not_to_have_count(0)

    has_it(manager, row, who=f"{nurse.person['name']} signed it out")
    said = manager.page.get_by_role("region", name="Who had it").get_by_role("listitem")
    expect(said).to_have_count(4)
    expect(said.nth(1)).to_contain_text(f"{doctor.person['name']} took a practice phone in hand")
    expect(said.nth(2)).to_contain_text(f"{nurse.person['name']} handed a practice phone back")
    manager.shot("d12-who-had-it")
    manager.press("It was handed back")
    phone.sees("Safelight is locked")  # at the next look at the list, a second later
    has_it(manager, row, who="Nobody")
