"""Out of reach: photos go on without the server, and arrive once, whatever happened on the way."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from tests.journeys import devices
from tests.journeys.conftest import Practice
from tests.journeys.phone import SHUTTER, Phone
from tests.journeys.wire import Wire, never

pytestmark = pytest.mark.browser


def test_without_the_server_everything_waits_and_then_goes_by_itself(practice: Practice) -> None:
    desk = practice.desk("GP")
    pat, quinn = practice.patient(desk), practice.patient(desk, "Quinn", born="1990-05-04")
    phone = practice.phone_of(desk)
    expect(phone.page.get_by_role("button", name=re.compile(pat["family"], re.I))).to_be_visible()

    phone.out_of_reach()
    phone.choose(pat)
    phone.agree("Pat")
    phone.photograph(label="Naevus", notes="Out of reach")
    phone.sees("1 is still on its way.")
    phone.shot("p30-on-its-way")
    phone.done()
    phone.says_it_holds(1)
    expect(phone.page.locator(".holds")).to_have_attribute("data-state", "out")

    phone.page.reload()
    phone.sees("Safelight is locked")
    phone.says_it_holds(1)
    phone.shot("p31-locked-holding")
    phone.unlock()
    phone.tap("Find a patient")
    phone.tap("Not yet matched")
    phone.page.get_by_role("textbox", name="Family name").fill(quinn["family"])
    phone.page.get_by_role("textbox", name="Given name").fill("Quinn")
    phone.page.get_by_role("textbox", name="Birth date").fill("4/5/1990")
    phone.shot("p32-not-yet-matched")
    phone.tap("Go on to consent")
    phone.agree("Quinn")
    phone.photograph(label="Rash", notes="Not matched")
    phone.sees("1 is still on its way.")
    phone.done()
    phone.says_it_holds(2)
    assert practice.server.ask("photos", patient=pat["id"]) == []

    phone.in_reach()
    phone.says_it_holds(0, wait=SHUTTER)
    (photo,) = practice.server.ask("photos", patient=pat["id"])
    assert photo["label"] == "Naevus"
    assert photo["consent"]

    desk.go("/unmatched")
    desk.shot("d40-unmatched")
    said = desk.page.get_by_role("row", name=re.compile(quinn["family"], re.I))
    said.get_by_role("link", name="Find the patient").click()
    desk.page.get_by_role("link", name=re.compile("^Choose")).first.click()
    desk.shot("d41-match")
    desk.press("File it in Quinn’s record")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Rash")
    (photo,) = practice.server.ask("photos", patient=quinn["id"])
    assert photo["consent"] == practice.server.ask("consents", patient=quinn["id"])[0]["id"]


@pytest.fixture
def wire(practice: Practice) -> Iterator[Wire]:
    wire = Wire(practice.server.port)
    yield wire
    wire.close()


@pytest.fixture
def cut_phone(
    full_practice: Practice, wire: Wire, player: Playwright, film: Path
) -> Iterator[tuple[Phone, Practice]]:
    """A phone that reaches the practice by the wire alone."""
    there = f"--host-resolver-rules=MAP localhost 127.0.0.1:{wire.port}"
    args = [*devices.camera_args(film), there]
    browser = player.chromium.launch(executable_path=devices.CHROMIUM, args=args)
    yield full_practice.bare_phone(browser=browser), full_practice
    browser.close()


def test_a_cut_mid_upload_and_a_lost_answer_leave_exactly_one_photo(
    cut_phone: tuple[Phone, Practice], wire: Wire
) -> None:
    phone, practice = cut_phone
    phone.watch.expected.update({"net", "409"})
    desk = practice.desk("GP")
    pat = practice.patient(desk)
    practice.add(phone, desk)
    phone.unlock_first()
    phone.choose(pat)
    phone.agree("Pat", referral=False)

    offsets: list[bytes] = []
    lost: list[str] = []

    def mid_upload(piece: bytes) -> bool:
        """Cut in the middle of the second piece, once."""
        offsets.extend(re.findall(rb"(?i)upload-offset: (\d+)", piece))
        return not wire.cuts and len(offsets) > 1

    def after_commit(piece: bytes) -> bool:
        """Lose the first answer that says stored, and the first that says filed."""
        for state in ("stored", "filed"):
            found = re.search(rb'\{\\"at.*?\\"state\\":\\"%b\\".*?\}\}?' % state.encode(), piece)
            if found and not any(f'"state":"{state}"' in words for words in lost):
                lost.append(found.group().decode().replace('\\"', '"'))
                return True
        return False

    wire.up, wire.down = mid_upload, after_commit
    phone.photograph(label="Naevus", notes="On a bad line")
    phone.sees(re.compile("still on"))
    phone.is_gone("Pat")
    wire.up = wire.down = never

    assert wire.cuts == 3
    assert len(offsets) > len(set(offsets))  # the piece that was cut went again
    (photo,) = practice.server.ask("photos", patient=pat["id"])
    (row,) = practice.server.ask("phones", person=desk.person["id"])
    (capture,) = (
        c for c in practice.server.ask("captures", phone=row["id"]) if c["kind"] == "photo"
    )
    assert capture["id"] == photo["capture"]
    assert int(max(offsets, key=int)) > 0
    stored, filed = (json.loads(words) for words in lost)
    assert stored == json.loads(capture["stored_receipt"])
    assert filed == json.loads(capture["filed_receipt"])
