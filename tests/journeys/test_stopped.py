"""Stopped: a phone reported lost, and a person who has left."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.phone import SHUTTER, Phone

pytestmark = pytest.mark.browser

HELD = """async () => {
  let rows = 0;
  for (const { name } of await indexedDB.databases()) {
    const base = await new Promise((go) => {
      indexedDB.open(name).onsuccess = (event) => go(event.target.result);
    });
    for (const shelf of base.objectStoreNames) {
      rows += await new Promise((go) => {
        base.transaction(shelf).objectStore(shelf).count().onsuccess = (e) => go(e.target.result);
      });
    }
    base.close();
  }
  const workers = await navigator.serviceWorker.getRegistrations();
  return { rows, caches: await caches.keys(), workers: workers.length };
}"""


@pytest.fixture(scope="module")
def manager(practice: Practice) -> Desk:
    """The first manager, by the link that setting up printed."""
    return practice.desk(link=practice.server.manager_link)


def test_a_lost_phone_is_emptied_at_its_next_contact_and_the_desk_lists_what_was_on_it(
    practice: Practice,
) -> None:
    desk = practice.desk("GP")
    pat = practice.patient(desk)
    phone = practice.phone_of(desk)
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    phone.take()
    phone.keep()
    phone.says_it_holds(1)
    (row,) = practice.server.ask("phones", person=desk.person["id"])
    assert phone.page.evaluate(HELD)["rows"] > 3
    (sealed,) = _until_announced(practice, phone, row["id"])
    phone.out_of_reach()

    desk.go(f"/phones/{row['id']}/lost")
    if "/step-up" in desk.page.url:
        desk.confirm()
    desk.page.get_by_label("When and where was it last seen?").fill("Bus stop")
    desk.press("Report lost and stop it now")
    expect(desk.page.get_by_text("1 photo may have been on it.")).to_be_visible()
    expect(desk.page.get_by_text(sealed)).to_be_visible()
    desk.shot("d50-lost")
    assert not practice.server.ask("phones", person=desk.person["id"])[0]["wiped"]

    phone.in_reach()
    phone.sees("This phone was reported lost.")
    phone.shot("p40-lost")
    assert practice.server.ask("phones", person=desk.person["id"])[0]["wiped"]
    assert phone.page.evaluate(HELD) == {"rows": 0, "caches": [], "workers": 0}
    desk.page.reload()
    expect(desk.page.get_by_text("was told to wipe itself")).to_be_visible()
    desk.page.get_by_role("link", name="Sheet for carrier and police").click()
    expect(desk.page.get_by_text("490154203237518")).to_be_visible()
    desk.shot("d51-sheet")


def _until_announced(practice: Practice, phone: Phone, number: str) -> list[str]:
    """Wait until the phone's beat has told the practice what it holds."""
    limit = time.monotonic() + SHUTTER / 1000
    while time.monotonic() < limit:
        captures = practice.server.ask("captures", phone=number)
        found = [capture["id"] for capture in captures if capture["kind"] == "photo"]
        if found:
            return found
        phone.page.wait_for_timeout(100)
    raise TimeoutError("The phone never told what it holds.")


def test_a_stopped_phone_that_is_added_again_sends_what_it_held(practice: Practice) -> None:
    desk = practice.desk("GP")
    pat = practice.patient(desk)
    phone = practice.phone_of(desk)
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    phone.watch.expected.update({"401", "404"})
    phone.out_of_reach()
    phone.photograph(label="Before it was stopped")
    phone.says_it_holds(1)
    (row,) = practice.server.ask("phones", person=desk.person["id"])
    desk.go(f"/phones/{row['id']}/revoke")
    if "/step-up" in desk.page.url:
        desk.confirm()
    desk.press("Stop it")
    phone.in_reach()
    phone.sees("The practice stopped this phone.")
    expect(phone.page.get_by_text("What it holds is sent then.")).to_be_visible()
    phone.shot("p42-stopped-holding")

    phone.tap("Add this phone again")
    practice.add(phone, desk)
    phone.unlock()
    phone.says_it_holds(0, wait=SHUTTER)
    (photo,) = practice.server.ask("photos", patient=pat["id"])
    assert photo["label"] == "Before it was stopped"
    (again,) = practice.server.ask("phones", person=desk.person["id"])
    assert (again["id"], again["state"]) == (row["id"], "open")


def test_who_left_is_out_on_every_screen_and_their_phone_is_refused(
    practice: Practice, manager: Desk
) -> None:
    desk = practice.desk("NU")
    phone = practice.phone_of(desk)
    desk.watch.expected.update({"400", "401", "403"})
    (row,) = practice.server.ask("phones", person=desk.person["id"])

    manager.go(f"/people/{desk.person['id']}/leave")
    if "/step-up" in manager.page.url:
        manager.confirm()
    manager.press(f"{desk.person['given']} has left")
    expect(manager.page.get_by_text(re.compile("left"))).not_to_have_count(0)
    manager.shot("d52-left")

    desk.go("/patients")
    expect(desk.page.get_by_role("heading", name="Sign in with your passkey.")).to_be_visible()
    phone.sees("The practice stopped this phone.")  # home asked, as it does every second
    phone.shot("p41-stopped")
    for path in ("config", "home", f"captures/{row['id']}"):
        status = phone.page.evaluate(
            "(path) => fetch(path).then((answer) => answer.status)", f"/phone/api/{path}"
        )
        assert status == 401, path
    desk.press("Sign in")
    expect(desk.page.get_by_role("alert")).to_contain_text("not accepted")
    assert practice.server.ask("phones", person=desk.person["id"])[0]["state"] != "open"
