"""Sharing, as people do it: the wizard at the desk, and whoever was sent a link."""

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.journeys.desk import Desk
from tests.journeys.devices import PATIENCE, SHOTS
from tests.journeys.server import Server, clean_environment
from tests.journeys.watching import Watch

QUESTION = "Is this worth a biopsy?"
NIL = "Dr Nil Dummy"
OUT = 90_000  # milliseconds a busy worker may need to make the copies and let them out
OWN_COPY = "A copy for the patient"


class Backstage:
    """The process in which rows of sharing are made and looked at."""

    def __init__(self, server: Server) -> None:
        """Start it on the server's own data."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.journeys.sharing_backstage", server.folder / "data"],
            cwd=server.installed.folder,
            env=clean_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, call: str, **told: Any) -> Any:
        """Have something prepared or looked up."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"call": call, **told}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def stop(self) -> None:
        """End the process."""
        self._process.communicate(timeout=30)


@dataclass(frozen=True)
class Given:
    """What a sender has in hand once a link is out."""

    path: str
    link: str
    pin: str


def begin(desk: Desk, photos: list[str], *, use: str) -> None:
    """Say what photos are for, and have it checked whether they may leave."""
    desk.go("/shares/new?" + "&".join(f"photo={photo}" for photo in photos))
    desk.page.get_by_label(use, exact=True).check(force=True)  # its whole row is the label
    desk.press("Check whether it may leave")


def share(
    desk: Desk,
    photos: list[str],
    *,
    to: str = NIL,
    use: str = "A specialist, about this",
    may_save: bool = False,
) -> Given:
    """Let photos out by a link that the sender copies, each step of the wizard by hand."""
    put_together(desk, photos, to=to, use=use)
    desk.page.get_by_label("As a text that I copy").check()
    if use != OWN_COPY:
        desk.page.get_by_label("The reader may save the file").set_checked(may_save)
        desk.page.get_by_label("What do you ask them?").fill(QUESTION)
    return Given(*send(desk, f"Make the link for {to}"))


def share_by_mail(desk: Desk, photos: list[str], *, to: str = NIL) -> tuple[str, str]:
    """Let photos out by a link that the practice's mail server carries; return path and PIN."""
    put_together(desk, photos, to=to, use="A specialist, about this")
    desk.page.get_by_label("By e-mail, from the practice’s mail server").check()
    desk.page.get_by_label("What do you ask them?").fill(QUESTION)
    return decide(desk, f"Send it to {to}")


def put_together(desk: Desk, photos: list[str], *, to: str, use: str) -> None:
    """Go through the wizard up to how they travel."""
    page = desk.page
    begin(desk, photos, use=use)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Who gets")
    page.get_by_label("Name", exact=True).fill(to)
    address = f"{to.split()[-1].lower()}@journeys.invalid"
    page.get_by_label("E-mail address").fill(address)
    page.get_by_label("The same address again").fill(address)
    page.get_by_role("button", name=re.compile("address$")).click()
    look_at_each(desk, photos)


def look_at_each(desk: Desk, photos: list[str]) -> None:
    """Hide nothing, look at each finished copy, and say that these may leave."""
    page = desk.page
    for _ in photos[1:]:
        desk.press("Keep it, and on to the next photo")
    desk.press("Show what will leave")
    for _ in photos[1:]:
        page.get_by_role("link", name="Yes. Look at the next one").click()
    desk.shot("s10-exactly-this")
    page.get_by_role("link", name=re.compile("may leave$")).click()


def send(desk: Desk, name: str) -> tuple[str, str, str]:
    """Confirm the card, keep the PIN, and wait until it is out; return path, link and PIN."""
    page = desk.page
    path, pin = decide(desk, name)
    desk.go(path)  # where it is made and sent; the page goes on by itself when it is out
    page.get_by_role("button", name="Show the text with the link").click(timeout=OUT)
    words = page.get_by_label("Copy all of it").input_value()
    return path, re.findall(r"http\S+", words)[0], pin


def decide(desk: Desk, name: str) -> tuple[str, str]:
    """Confirm the card and keep the PIN, which is shown once; return path and PIN."""
    page = desk.page
    desk.press("Show me the card")
    if "/step-up" in page.url:
        desk.confirm()
    desk.shot("s11-card")
    desk.press(name)
    pin = page.locator(".code b").inner_text()
    path = "/shares/" + re.findall(r"/shares/([0-9a-f-]{36})", page.url)[0]
    desk.shot("s12-going")
    return path, pin


class Reader:
    """Whoever was sent a link, at a browser that was never here."""

    def __init__(self, context: BrowserContext, origin: str, watch: Watch | None = None) -> None:
        """Open a page."""
        self.context = context
        self.origin = origin
        self.watch = watch or Watch(origin)
        if watch is None:
            self.watch.follow(context)
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()

    def other_tab(self) -> "Reader":
        """The same person in the same browser, with a second page."""
        return Reader(self.context, self.origin, self.watch)

    def go(self, given: Given) -> None:
        """Follow the link."""
        self.page.goto(given.link)
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Something was sent to you.")

    def knock(self, given: Given) -> None:
        """Follow the link and see who sent it."""
        self.go(given)
        self.shot("s20-link")
        self.page.get_by_role("button", name="See who sent it").click()
        expect(
            self.page.get_by_role("heading", name="From Wattle Lane Family Practice.")
        ).to_be_visible()

    def open(self, given: Given, *, pin: str = "") -> None:
        """Follow the link, type the PIN, agree, open."""
        self.knock(given)
        self.page.get_by_label("PIN").fill(pin or given.pin)
        self.page.get_by_label("I agree.").check()
        self.shot("s21-terms")
        self.page.get_by_role("button", name="Open", exact=True).click()

    def sees(self, heading: str | re.Pattern[str]) -> None:
        """The page's own sentence is this."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    def sees_nothing(self) -> None:
        """The page is the closed one, and no picture is left on it."""
        self.sees("There is nothing open here.")
        expect(self.page.locator("img")).to_have_count(0)

    def picture(self) -> int:
        """Return how wide the large picture really is, once it is there."""
        shown = self.page.locator("figure.shown img")
        wide: int = shown.evaluate("(it) => it.decode().then(() => it.naturalWidth)")
        return wide

    def shot(self, name: str) -> None:
        """Keep a picture of the screen for people to look at, when asked for."""
        if SHOTS:
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
