"""An iPhone of the oldest Safari we promise: what that browser lacks is taken away beforehand."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.devices import PATIENCE
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser

LACKS = """(() => {
  delete window.ImageCapture;
  delete window.BarcodeDetector;
  delete window.SyncManager;
  delete window.requestIdleCallback;
  delete AbortSignal.any;
  delete ArrayBuffer.prototype.transfer;
  delete Promise.withResolvers;
  delete ServiceWorkerRegistration.prototype.sync;
  delete StorageManager.prototype.persist;
  delete StorageManager.prototype.persisted;
  delete Navigator.prototype.wakeLock;
  delete PublicKeyCredential.prototype.toJSON;
  delete PublicKeyCredential.parseCreationOptionsFromJSON;
  delete PublicKeyCredential.parseRequestOptionsFromJSON;
})()"""


@pytest.fixture(scope="module")
def doctor(practice: Practice) -> Desk:
    return practice.desk("GP")


def bare_iphone(practice: Practice) -> Phone:
    """An iPhone by its size and its own account of itself."""
    words = dict(practice.player.devices["iPhone 14"])
    words.pop("default_browser_type")
    words["viewport"] = {"width": 390, "height": 844}  # from its icon, without Safari's own bars
    phone = practice.bare_phone(**words)
    phone.context.add_init_script(LACKS)
    return phone


@pytest.fixture(scope="module")
def iphone(practice: Practice, doctor: Desk) -> Phone:
    """The doctor's iPhone, added and unlocked, at home."""
    phone = bare_iphone(practice)
    practice.add(phone, doctor, name="Ada’s iPhone")
    phone.unlock_first()
    return phone


def consented(practice: Practice, desk: Desk, phone: Phone, given: str) -> dict[str, Any]:
    """Open the camera for a patient who agreed."""
    pat = practice.patient(desk, given)
    phone.choose(pat)
    phone.agree(given, referral=False)
    return pat


def test_the_self_check_says_that_only_video_frames_can_be_had(iphone: Phone) -> None:
    iphone.tap("Check now")
    iphone.sees("Point the camera at a bare wall")
    iphone.tap("Take the test shot")
    facts = iphone.page.locator(".facts")
    expect(facts).to_contain_text("this browser gives no full still", timeout=SHUTTER)
    expect(facts).to_contain_text("May be cleared by the browser when space is short")
    iphone.shot("p07-iphone-check")
    iphone.tap("Done")
    expect(iphone.page.get_by_role("region", name="Photos on this phone")).to_be_visible()


def test_a_photo_goes_from_consent_to_the_record_and_leaves_nothing(
    practice: Practice, doctor: Desk, iphone: Phone
) -> None:
    pat = consented(practice, doctor, iphone, "Pat")
    iphone.photograph(label="Naevus")
    iphone.is_gone("Pat")
    (photo,) = practice.server.ask("photos", patient=pat["id"])
    assert photo["via"] == "frame"
    iphone.done()


def test_what_was_taken_out_of_reach_is_sent_once_the_server_answers(
    practice: Practice, doctor: Desk, iphone: Phone
) -> None:
    pat = consented(practice, doctor, iphone, "Quin")
    iphone.out_of_reach()
    iphone.photograph(label="Naevus")
    iphone.sees("1 is still on its way.")
    iphone.done()
    iphone.lock()
    iphone.says_it_holds(1)
    iphone.unlock()
    expect(iphone.page.get_by_text("The server doesn’t answer")).to_be_visible()
    iphone.in_reach()
    iphone.says_it_holds(0, wait=SHUTTER)
    assert len(practice.server.ask("photos", patient=pat["id"])) == 1


def test_the_passkey_signs_in_again_when_the_session_has_ended(iphone: Phone) -> None:
    iphone.lock()
    iphone.context.clear_cookies()
    iphone.unlock()
    expect(iphone.page.get_by_role("button", name="Find a patient")).to_be_visible()


def test_a_name_that_is_being_typed_is_searched_as_it_grows(
    practice: Practice, doctor: Desk, iphone: Phone
) -> None:
    pat = practice.patient(doctor, "Rae")
    iphone.tap(re.compile("Find a patient|Find someone else"))
    field = iphone.page.get_by_role("searchbox")
    field.press_sequentially(pat["family"], delay=60)
    found = iphone.page.get_by_role("region", name="Patients found")
    row = found.get_by_role("button", name=re.compile(pat["family"], re.I))
    expect(row).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("path", ["/agree", "/s"])
def test_a_page_does_not_grow_under_the_finger_that_writes(practice: Practice, path: str) -> None:
    """Safari magnifies the whole page when a field's letters are under 16 px."""
    visitor = bare_iphone(practice)
    visitor.go(path)
    fields = visitor.page.locator("input:not([type=hidden], [type=checkbox], [type=radio])")
    sizes = fields.evaluate_all(
        "(all) => all.map((it) => parseFloat(getComputedStyle(it).fontSize))"
    )
    assert sizes
    assert min(sizes) >= 16
