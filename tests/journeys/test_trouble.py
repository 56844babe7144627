"""Trouble on a phone: no picture, a cover that stays, no room left, a log that was changed."""

import re
from typing import Any

import pytest
from playwright.sync_api import ViewportSize, expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser

NO_FRAMES = """(() => {
  const real = HTMLVideoElement.prototype.requestVideoFrameCallback;
  const open = MediaDevices.prototype.getUserMedia;
  window.dark = 0; // how often the camera is opened until it gives a picture
  MediaDevices.prototype.getUserMedia = function (...said) {
    window.dark = Math.max(0, window.dark - 1);
    return open.apply(this, said);
  };
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (tell) {
    return real.call(this, (...said) => {
      if (!window.dark) tell(...said);
      else setTimeout(() => this.requestVideoFrameCallback(tell), 100);
    });
  };
})()"""
FULL = """(() => {
  const real = IDBObjectStore.prototype.put;
  window.full = false;
  IDBObjectStore.prototype.put = function (...said) {
    if (window.full && this.name !== "kept") throw new DOMException("", "QuotaExceededError");
    return real.apply(this, said);
  };
})()"""
FOUND = """(what) => new Promise((done) => {
  indexedDB.open("safelight").onsuccess = ({ target: { result: base } }) => {
    const change = base.transaction("kept", "readwrite");
    change.objectStore("kept").put(what, "alarm");
    change.oncomplete = () => { base.close(); done(); };
  };
})"""
BEHIND = "() => window.dispatchEvent(new Event('blur'))"
LARGE: ViewportSize = {"width": 412, "height": 839}
SMALL: ViewportSize = {"width": 390, "height": 664}


@pytest.fixture(scope="module")
def doctor(practice: Practice) -> Desk:
    return practice.desk("GP")


@pytest.fixture(scope="module")
def phone(practice: Practice, doctor: Desk) -> Phone:
    phone = practice.bare_phone()
    for lack in (NO_FRAMES, FULL):
        phone.context.add_init_script(lack)
    practice.add(phone, doctor)
    phone.unlock_first()
    return phone


def test_nothing_lies_over_what_is_signed_on_a_small_phone(
    practice: Practice, doctor: Desk, phone: Phone
) -> None:
    pat = practice.patient(doctor)
    phone.page.set_viewport_size(SMALL)
    phone.choose(pat)
    phone.sees("Before the camera opens")
    phone.say_six_things()
    phone.answer("Care here", "Yes")
    phone.answer("A specialist", "Yes")
    phone.tap("Pat signs")
    phone.sees("Pat, is this right?")
    box = phone.page.locator(".signature-box")
    box.evaluate("(box) => box.scrollIntoView({ block: 'end' })")
    phone.shot("p70-sign-small")
    low = box.evaluate(
        """(box) => {
        const { left, bottom, width } = box.getBoundingClientRect();
        return box.contains(document.elementFromPoint(left + width / 2, bottom - 4));
      }"""
    )
    assert low, "the foot of the box is covered"
    phone.sign()
    phone.tap("I agree")
    phone.sees("Thank you, Pat.")
    phone.page.set_viewport_size(LARGE)
    phone.page.evaluate("window.dark = Infinity")
    phone.tap("Open the camera")


def test_a_camera_that_gives_no_picture_says_so_and_is_started_again(phone: Phone) -> None:
    said = phone.page.get_by_role("alert").filter(has_text="No picture from the camera yet.")
    expect(said).to_be_visible()
    phone.shot("p71-no-picture")
    phone.page.evaluate("window.dark = 1")
    phone.tap("Start it again")
    shutter = phone.page.get_by_role("button", name="Take", exact=True)
    expect(shutter).to_be_enabled(timeout=SHUTTER)
    expect(said).to_be_hidden()


def test_a_cover_that_stays_says_what_helps(phone: Phone) -> None:
    phone.page.evaluate(BEHIND)
    said = phone.page.get_by_text("Touch to go on.")
    expect(said).to_be_visible()
    phone.shot("p72-covered")
    expect(phone.page.get_by_role("button", name="Take", exact=True)).to_be_hidden()
    phone.page.touchscreen.tap(200, 300)
    expect(said).to_have_count(0)
    expect(phone.page.get_by_role("button", name="Take", exact=True)).to_be_visible()


def test_a_phone_without_room_says_so_and_keeps_the_photo_in_hand(phone: Phone) -> None:
    phone.take()
    phone.page.evaluate("window.full = true")
    phone.tap("Keep it")
    said = phone.page.get_by_role("alert").filter(has_text="Not kept yet.")
    expect(said).to_contain_text("no room left")
    phone.says_it_holds(1)
    phone.shot("p73-no-room")
    phone.page.evaluate("window.full = false")
    phone.keep()
    phone.tap("File 1 photo")
    phone.choose_site()
    phone.page.evaluate("window.full = true")
    phone.file(label="Naevus")
    expect(phone.page.get_by_text("Not filed yet.")).to_be_visible()
    phone.shot("p74-no-room-to-file")
    phone.page.evaluate("window.full = false")
    phone.tap(re.compile("^File 1 photo"))
    phone.is_gone("Pat")
    phone.done()


def test_a_log_that_was_changed_is_told_on_home_and_at_the_desk(
    practice: Practice, phone: Phone
) -> None:
    phone.page.evaluate(FOUND, "log")
    said = phone.page.get_by_role("alert").filter(has_text="Tell the privacy officer.")
    expect(said).to_be_visible()
    phone.shot("p75-log")
    officer = practice.desk("P")

    def told() -> Any:
        officer.go("/")
        return officer.page.get_by_text("The log does not fit together")

    for _ in range(90):
        if told().count():
            break
        officer.page.wait_for_timeout(1000)
    expect(told().first).to_be_visible()


def test_the_next_person_never_works_under_the_settings_of_the_one_before(
    practice: Practice,
) -> None:
    manager, nurse, doctor = practice.desk("M", "P"), practice.desk("NU"), practice.desk("GP")
    phone = practice.bare_phone()
    phone.watch.expected.update({"net", "503"})
    phone.add(manager.new_code(whose="The practice’s"), name="Treatment room", own=False)
    phone.sees("Safelight is locked")
    phone.has_passkey_of(nurse)
    phone.unlock_first()
    phone.lock()
    phone.has_passkey_of(doctor)
    phone.context.route("**/phone/api/config", lambda asked: asked.abort())
    phone.tap("Someone else")
    expect(phone.page.get_by_role("alert").filter(has_text="settings are not on")).to_be_visible()
    phone.context.unroute_all()
    phone.unlock()
    given = doctor.person["given"]
    expect(phone.page.get_by_role("button", name=f"{given}, lock now")).to_be_visible()
