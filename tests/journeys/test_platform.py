"""The platform under the app: torch, tilt, clock, what is in front, and sending when it is shut."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.devices import until
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser

TORCH = """(() => {
  const real = MediaStreamTrack.prototype.getCapabilities;
  window.asked = [];
  window.refuses = false;
  MediaStreamTrack.prototype.getCapabilities = function () {
    return { ...real.call(this), torch: true };
  };
  MediaStreamTrack.prototype.applyConstraints = (wanted) => {
    window.asked.push(wanted.advanced[0].torch);
    return window.refuses ? Promise.reject(new DOMException("", "OverconstrainedError"))
      : Promise.resolve();
  };
})()"""
BEHIND = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
HTML = "text/html"
SERVER = "**/phone/api/**"
BLANK = '<link rel="icon" href="data:,">'
HOLD = """() => new Promise((held) => {
  void navigator.locks.request("drain", () => { held(); return new Promise(() => {}); });
})"""
WAITS = """async () => {
  const { pending } = await navigator.locks.query();
  return pending.some(({ name }) => name === "drain");
}"""
LOCKED = "Safelight is locked"


def at_the_camera(practice: Practice, desk: Desk, phone: Phone) -> dict[str, Any]:
    """Open the camera for a patient who agreed."""
    pat = practice.patient(desk)
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    shutter = phone.page.get_by_role("button", name="Take", exact=True)
    expect(shutter).to_be_enabled(timeout=SHUTTER)
    return pat


def test_the_torch_is_offered_where_there_is_one_and_goes_out_with_the_camera(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    at_the_camera(practice, desk, phone)
    expect(phone.page.get_by_role("button", name=re.compile("Torch"))).to_have_count(0)
    phone.tap("Close camera")

    lit = practice.bare_phone()
    lit.context.add_init_script(TORCH)
    practice.add(lit, desk)
    lit.unlock_first()
    at_the_camera(practice, desk, lit)
    torch = lit.page.get_by_role("button", name=re.compile("Torch"))
    expect(torch).to_have_text("Torch is off")
    lit.page.evaluate("window.refuses = true")
    torch.tap()
    until(lit.page, "window.asked.length === 1")
    expect(torch).to_have_text("Torch is off")  # the camera said no
    lit.page.evaluate("window.refuses = false")
    torch.tap()
    expect(torch).to_have_text("Torch is on")
    expect(torch).to_have_attribute("aria-pressed", "true")
    lit.shot("p20-torch")
    assert lit.page.evaluate("window.asked") == [True, True]
    lit.tap("Close camera")
    until(lit.page, "window.asked.length === 3")
    assert lit.page.evaluate("window.asked") == [True, True, False]


def test_the_level_line_follows_the_phones_tilt(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    at_the_camera(practice, desk, phone)
    line = phone.page.locator(".level-line")
    for beta, gamma, level in ((0.0, 0.0, "yes"), (12.0, 0.0, "no"), (0.5, 1.0, "yes")):
        tilt = {"alpha": 0.0, "beta": beta, "gamma": gamma}
        phone.cdp.send("DeviceOrientation.setDeviceOrientationOverride", tilt)
        expect(line).to_be_visible()
        expect(line).to_have_attribute("data-level", level)
    phone.cdp.send("DeviceOrientation.clearDeviceOrientationOverride")
    phone.tap("Close camera")


def test_two_minutes_without_a_touch_lock_it_and_a_touch_begins_them_anew(
    practice: Practice,
) -> None:
    desk = practice.desk("GP")
    phone = practice.phone_of(desk)
    home = phone.page.get_by_role("region", name="Photos on this phone")
    phone.page.clock.install()
    phone.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=5))  # it stands still now
    home.tap()
    phone.page.clock.fast_forward(119_900)
    expect(phone.page.get_by_role("heading", name=LOCKED)).to_have_count(0)
    home.tap()
    phone.page.clock.fast_forward(119_900)
    expect(phone.page.get_by_role("button", name="Find a patient")).to_be_visible()
    phone.page.clock.fast_forward(200)
    phone.sees(LOCKED)
    expect(phone.page.get_by_role("button", name="Find a patient")).to_have_count(0)


def test_what_is_not_in_front_is_covered_at_once_and_locked_when_out_of_sight(
    practice: Practice, surgery: tuple[Desk, Phone]
) -> None:
    desk, phone = surgery
    pat = practice.patient(desk)
    named = phone.page.get_by_role("button", name=re.compile(pat["family"], re.I))
    expect(named).to_be_visible()
    phone.page.evaluate("window.dispatchEvent(new Event('blur'))")
    assert not named.is_visible()  # at once: the system keeps a picture for its app switcher
    assert phone.page.evaluate("document.elementFromPoint(200, 400).innerText.trim()") == ""
    phone.shot("p50-veil")
    phone.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(named).to_be_visible()

    at_the_camera(practice, desk, phone)
    phone.take()
    phone.keep()
    phone.page.evaluate(BEHIND, "hidden")
    assert phone.page.evaluate("document.body.innerText").find(pat["family"].upper()) < 0
    phone.page.evaluate(BEHIND, "visible")
    phone.sees(LOCKED)
    phone.says_it_holds(0, wait=SHUTTER)  # what was kept went out as it was
    phone.unlock()
    expect(phone.page.get_by_role("region", name="Photos on this phone")).to_be_visible()
    assert phone.page.evaluate("document.querySelector('video')") is None


def test_what_waits_is_sent_when_the_app_is_shut_and_the_network_is_back(
    practice: Practice,
) -> None:
    desk = practice.desk("GP")
    phone = practice.phone_of(desk)
    phone.watch.expected.add("net")
    pat = at_the_camera(practice, desk, phone)
    phone.context.route("**/blank", lambda asked: asked.fulfill(body=BLANK, content_type=HTML))
    pocket, sending = phone.context.new_page(), phone.context.new_page()
    for page in (pocket, sending):  # pages beside the app, to speak to the browser by
        page.goto(f"{practice.server.origin}/phone/blank")
    told: list[dict[str, Any]] = []
    browser = phone.context.new_cdp_session(pocket)
    browser.on("ServiceWorker.workerRegistrationUpdated", lambda e: told.extend(e["registrations"]))
    browser.send("ServiceWorker.enable")

    phone.context.route(SERVER, lambda asked: asked.abort("internetdisconnected"))
    phone.photograph(label="Naevus", notes="Sent from the pocket")
    phone.sees("1 is still on its way.")
    phone.done()
    phone.says_it_holds(1)
    phone.page.close()

    sending.evaluate(HOLD)  # as the app does while it sends
    browser.send(
        "ServiceWorker.dispatchSyncEvent",
        {
            "origin": practice.server.origin,
            "registrationId": told[-1]["registrationId"],
            "tag": "drain",
            "lastChance": False,
        },
    )
    until(pocket, WAITS)
    with phone.context.expect_event("requestfailed", lambda asked: asked.service_worker):
        sending.close()  # its turn comes, and the line is still down
    phone.context.unroute(SERVER)
    limit = time.monotonic() + SHUTTER / 1000
    while not (photos := practice.server.ask("photos", patient=pat["id"])):
        assert time.monotonic() < limit, "nothing was sent"
        pocket.wait_for_timeout(100)
    assert photos[0]["notes"] == "Sent from the pocket"

    again = phone.context.new_page()
    again.goto(f"{practice.server.origin}/phone/")
    expect(again.locator(".holds")).to_contain_text(re.compile(r"holds\s*0\s*photos"))
