"""A new release: the app on a phone takes it up at the next lock, and what waits stays."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.devices import until
from tests.journeys.phone import SHUTTER

pytestmark = pytest.mark.browser

ONE_SHELL = "caches.keys().then((names) => names.length === 1)"
OLD, NEW = "Safelight is locked", "Safelight is locked now"


def test_a_new_release_arrives_at_the_lock_and_the_queue_stays(practice: Practice) -> None:
    desk = practice.desk("GP")
    pat = practice.patient(desk)
    phone = practice.phone_of(desk)
    phone.watch.expected.update({"net", "503"})
    phone.choose(pat)
    phone.agree("Pat", referral=False)
    phone.context.route("**/phone/api/captures/**", lambda route: route.abort())
    phone.photograph(label="Naevus", notes="Before the release")
    phone.sees(re.compile("still on"))
    phone.done()
    phone.says_it_holds(1)

    installed = practice.server.installed
    installed.change("phone/src/screens/unlock.ts", OLD, NEW)
    installed.build()
    try:
        phone.tap(re.compile("lock now"))
        phone.sees(NEW, wait=SHUTTER)
        phone.says_it_holds(1)
        until(phone.page, ONE_SHELL)  # the old one is gone
        phone.context.unroute_all()
        phone.unlock()
        expect(phone.page.get_by_role("region", name="Photos on this phone")).to_be_visible()
        phone.says_it_holds(0, wait=SHUTTER)
        (photo,) = practice.server.ask("photos", patient=pat["id"])
        assert photo["label"] == "Naevus"
    finally:
        installed.change("phone/src/screens/unlock.ts", NEW, OLD)
        installed.build()
