"""A real browser with a virtual authenticator: join, sign out, sign in, step up, add, come back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest
from django.db import connection
from playwright.sync_api import Page, expect, sync_playwright

from safelight.lib.clock import now
from safelight.people.inviting import invite_again
from safelight.people.leaving import let_leave
from safelight.people.models import Person
from safelight.people.recovering import agree

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

T = TypeVar("T")
CHROMIUM = "/usr/bin/chromium"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """A browser page, and the authenticator its machine has."""

    def __init__(self, page: Page) -> None:
        """Plug the authenticator in."""
        self.page = page
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable")
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.id = made["authenticatorId"]

    def finger(self, *, right: bool) -> None:
        """Say whether the next finger is the right one."""
        told = {"authenticatorId": self.id, "isUserVerified": right}
        self.cdp.send("WebAuthn.setUserVerified", told)

    def credentials(self) -> list[dict[str, Any]]:
        """Return what the authenticator keeps."""
        told = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.id})
        found: list[dict[str, Any]] = told["credentials"]
        return found


def apart(work: Callable[[], T]) -> T:
    """Use the database in a thread of its own: the browser's loop runs in this one."""

    def run() -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(run).result()


Story = Callable[[Device], None]
Tell = Callable[[Story], None]


@pytest.fixture
def tell(live_server: Any, settings: Any) -> Tell:
    """Return how to run a story in a browser. It runs in a thread that has the browser's loop."""
    settings.SAFELIGHT_ORIGIN = live_server.url
    return lambda story: apart(lambda: _browse(live_server.url, story))


def _browse(url: str, story: Story) -> None:
    problems: list[str] = []
    with sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_context(base_url=url).new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda said: problems.append(said.text) if _is_csp(said.text) else None)
        story(Device(page))
        browser.close()
    assert problems == []


def _is_csp(text: str) -> bool:
    return "Content Security" in text or "TrustedScript" in text


def join(device: Device, link: str) -> list[str]:
    page = device.page
    page.goto(link)
    page.get_by_label("What do you call this device?").fill("Room 2 computer")
    page.get_by_role("button", name="Make my passkey").click()
    expect(page.get_by_role("heading", name="You have joined. Keep these codes.")).to_be_visible()
    assert page.evaluate("location.hash") == "", "the used token stayed in the address"
    return page.locator("#codes li").all_inner_texts()


def sign_in(device: Device) -> None:
    device.page.get_by_role("button", name="Sign in").click()


def test_join_sign_in_step_up_and_add(tell: Tell, mo: Person, may_manage: Person) -> None:
    def story(device: Device) -> None:
        page = device.page
        link = apart(lambda: invite_again(mo, by=may_manage, at=now()))

        codes = join(device, link)
        assert len(set(codes)) == 10
        assert len(device.credentials()) == 1

        page.goto("/me")
        expect(page.get_by_text("Room 2 computer")).to_be_visible()
        page.locator(".rail-foot").get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in with your passkey.")).to_be_visible()

        page.goto("/people/invite")
        assert page.url.endswith("/sign-in?next=%2Fpeople%2Finvite")
        device.finger(right=False)
        sign_in(device)
        expect(page.get_by_role("alert")).to_contain_text("use your finger, face or PIN")
        device.finger(right=True)
        sign_in(device)

        expect(page.get_by_role("heading", name="Confirm that it is you.")).to_be_visible()
        page.get_by_role("button", name="Confirm").click()
        expect(page.get_by_role("heading", name="Who joins the practice?")).to_be_visible()

        page.goto("/me/codes")
        page.get_by_role("button", name="Make new codes").click()
        assert page.locator(".codes li").count() == 10

    tell(story)


def test_a_lost_passkey_needs_a_code_and_a_manager(tell: Tell, ben: Person, mo: Person) -> None:
    def story(device: Device) -> None:
        page = device.page
        codes = join(device, apart(lambda: invite_again(ben, by=mo, at=now())))
        page.goto("/me")
        page.locator(".rail-foot").get_by_role("button", name="Sign out").click()
        old = device.credentials()[0]["credentialId"]
        device.cdp.send(
            "WebAuthn.removeCredential", {"authenticatorId": device.id, "credentialId": old}
        )

        page.get_by_role("link", name="I lost my passkey").click()
        page.get_by_label("Your sign-in e-mail").fill(ben.email)
        page.get_by_label("One recovery code").fill(codes[0])
        page.get_by_role("button", name="Ask to be let back in").click()
        link = page.get_by_role("link", name="Make a new passkey").get_attribute("href") or ""

        page.goto(link)
        expect(page.get_by_role("alert")).to_contain_text("does not open anything now")
        apart(lambda: agree(ben, by=mo, at=now()))
        page.reload()
        expect(page.get_by_role("heading", name="Ben Placeholder, join")).to_be_visible()
        page.get_by_role("button", name="Make my passkey").click()
        expect(page.locator("#codes li")).to_have_count(10)
        assert len(device.credentials()) == 1

    tell(story)


def test_a_leavers_open_page_is_of_no_use(tell: Tell, ben: Person, mo: Person) -> None:
    def story(device: Device) -> None:
        page = device.page
        join(device, apart(lambda: invite_again(ben, by=mo, at=now())))
        page.goto("/me")
        expect(page.get_by_role("heading", name="You are signed in on 1 screen.")).to_be_visible()
        apart(lambda: let_leave(ben, by=mo, at=now()))
        page.reload()
        expect(page.get_by_role("heading", name="Sign in with your passkey.")).to_be_visible()
        sign_in(device)
        expect(page.get_by_role("alert")).to_contain_text("The passkey was not accepted.")

    tell(story)


@pytest.fixture
def may_manage(mo: Person) -> Person:
    """A second manager, who invites the first."""
    return Person.objects.create(
        practice=mo.practice,
        given="May",
        family="Madeup",
        email="may@madeup.example",
        roles=["M"],
        joined_at=now(),
    )
