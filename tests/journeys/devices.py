"""A screen of the practice: a browser page, and the finger or face that its machine knows."""

import os
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright

from tests.journeys.watching import Watch

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 30_000  # milliseconds; a busy machine is slow, and no story waits for nothing
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}
ANSWERED = """() => performance.timeOrigin
  + performance.getEntriesByType("navigation")[0].responseStart"""
ARGS = ["--no-sandbox", "--disable-gpu"]
SHOTS = os.environ.get("SAFELIGHT_SHOTS", "")  # a folder: every screen passed is pictured there


def camera_args(film: Path) -> list[str]:
    """Return what gives Chromium a camera that plays a film."""
    return [
        *ARGS,
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={film}",
    ]


def phone_words(player: Playwright) -> dict[str, Any]:
    """Return how a Pixel 7 describes itself, in Sydney, with its camera allowed."""
    device = dict(player.devices["Pixel 7"])
    device.pop("default_browser_type")
    allowed = ["camera", "accelerometer", "gyroscope"]
    return {**device, "permissions": allowed, "timezone_id": "Australia/Sydney"}


def until(page: Page, true: str, *, wait: int = PATIENCE) -> None:
    """Wait until an expression is true on a page.

    Playwright's own way asks again from inside the page, which its policy forbids: only the first
    try would count.
    """
    limit = time.monotonic() + wait / 1000
    while not page.evaluate(true):
        if time.monotonic() > limit:
            raise TimeoutError(f"Never true: {true}")
        page.wait_for_timeout(50)


class Device:
    """One browser page at the practice's server."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        """Open a page (or take the one there is) and plug the authenticator in."""
        self.context = context
        self.origin = origin
        self.watch = Watch(origin)
        self.watch.follow(context)
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.pages[0] if context.pages else context.new_page()
        self.cdp = context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        made = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        self.authenticator: str = made["authenticatorId"]

    def go(self, path: str) -> None:
        """Open a page of the practice."""
        self.page.goto(self.origin + path)

    def answered_at(self) -> float:
        """Return when the answer came that the page shows, in seconds by this machine's clock."""
        at: float = self.page.evaluate(ANSWERED)
        return at / 1000

    def press(self, name: str, *, exact: bool = False) -> None:
        """Press a button by its name."""
        self.page.get_by_role("button", name=name, exact=exact).click()

    def shot(self, name: str) -> None:
        """Keep a picture of the screen for people to look at, when asked for."""
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/{name}.png")
