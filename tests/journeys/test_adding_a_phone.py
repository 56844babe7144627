"""Adding a phone: by a typed code and by the square code; what the desk then knows of it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Playwright, expect

from tests.journeys import scenes
from tests.journeys.conftest import Practice

pytestmark = pytest.mark.browser


def test_a_typed_code_a_passkey_a_test_shot_and_the_desk_knows_the_phone(
    practice: Practice,
) -> None:
    desk = practice.desk("GP")
    code = desk.new_code()
    mark = desk.page.locator("b.code").nth(1).inner_text()
    desk.shot("d10-code")
    phone = practice.bare_phone()
    phone.add(code, mark, name="Bea’s Pixel")

    (row,) = practice.server.ask("phones", person=desk.person["id"])
    desk.page.wait_for_url(re.compile(row["id"]))  # the page with the code goes on by itself

    phone.cdp.send(
        "WebAuthn.setUserVerified",
        {"authenticatorId": phone.authenticator, "isUserVerified": False},
    )
    phone.unlock()
    expect(phone.page.get_by_role("alert").filter(has_text="Not unlocked.")).to_be_visible()
    phone.cdp.send(
        "WebAuthn.setUserVerified", {"authenticatorId": phone.authenticator, "isUserVerified": True}
    )
    phone.unlock()

    phone.sees("Point the camera at a bare wall")
    shot = phone.page.get_by_role("button", name="Take the test shot")
    expect(shot).to_be_enabled(timeout=90_000)
    shot.tap()
    expect(phone.page.get_by_text("The practice has these facts.")).to_be_visible(timeout=90_000)
    phone.shot("p06-self-check")
    phone.tap("Done")
    phone.says_it_holds(0)

    (row,) = practice.server.ask("phones", person=desk.person["id"])
    assert row["self_check"]["width"] == 1600
    assert row["imei"] == "490154203237518"
    desk.go("/phones")
    expect(desk.page.get_by_role("row", name=re.compile("Bea’s Pixel"))).to_contain_text("0")
    desk.go(f"/phones/{row['id']}")
    expect(desk.page.get_by_text("1600 × 1200")).to_be_visible()
    desk.shot("d11-phone")


def test_the_code_works_once(practice: Practice) -> None:
    desk = practice.desk("NU")
    code = desk.new_code()
    practice.bare_phone().add(code)
    second = practice.bare_phone()
    second.watch.expected.update({"400", "403", "404", "409", "410"})
    second.open_app()
    second.tap("Type the code")
    second.page.get_by_label("Code from the computer").fill(code)
    second.tap("Go on")
    second.about("Another")
    second.sees("Not added.")
    assert len(practice.server.ask("phones", person=desk.person["id"])) == 1


def test_the_square_code_is_read_from_the_desks_own_screen(
    practice: Practice,
    player: Playwright,
    browser_with: Callable[[Path], Browser],
    tmp_path: Path,
) -> None:
    desk = practice.desk("GP")
    desk.new_code()
    seen = scenes.held_up(tmp_path / "code.mjpeg", desk.page.locator("img.qr").screenshot())

    phone = practice.bare_phone(browser=browser_with(seen))
    phone.open_app()
    phone.tap("Scan the code")
    phone.about("Scanned phone")
    phone.set_up_unlocking()  # nothing to compare: the square code carried the key's mark
    phone.unlock_first()
    phone.says_it_holds(0)
