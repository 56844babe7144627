"""One practice for all journeys; a doctor, a desk, a phone and a patient of their own for each."""

import itertools
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright

from tests.journeys import devices, scenes
from tests.journeys.desk import Desk
from tests.journeys.phone import Phone
from tests.journeys.server import Installed, Server
from tests.journeys.watching import Watch

PHONE_PAGE = re.compile("/phones/[0-9a-f-]{36}$")
NUMBERS = itertools.count(4417)
LONGEST = 600  # seconds for one story, so that one that waits for ever fails and says where
GIVEN = ("Ada", "Bea", "Cal", "Dot", "Eli", "Fay", "Gus", "Hal", "Ivo", "Jo", "Kit", "Lou")

expect.set_options(timeout=devices.PATIENCE)


def in_letters(number: int) -> str:
    """Write a number with letters: people are searched by name only when it has no digits."""
    return "".join("abcdefghij"[int(digit)] for digit in str(number))


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="session")
def server(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(installed, tmp_path_factory.mktemp("practice"))
    server.start()
    try:
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve megapixels of skin."""
    return scenes.skin(tmp_path_factory.mktemp("film") / "skin.mjpeg")


@pytest.fixture(scope="session")
def small_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Less of it, for stories about something else than the picture."""
    return scenes.skin(tmp_path_factory.mktemp("film") / "small.mjpeg", long=1600)


@pytest.fixture(scope="module")
def player() -> Iterator[Playwright]:
    """The browser's driver, for one module: while it runs, Django's tables cannot be used here."""
    with sync_playwright() as player:
        yield player


@pytest.fixture(scope="module")
def browser_with(player: Playwright) -> Iterator[Callable[[Path], Browser]]:
    """Return how to have a browser whose camera sees a film. One browser for each film."""
    open_now: dict[Path, Browser] = {}

    def launch(film: Path) -> Browser:
        if film not in open_now:
            args = devices.camera_args(film)
            open_now[film] = player.chromium.launch(executable_path=devices.CHROMIUM, args=args)
        return open_now[film]

    yield launch
    for browser in open_now.values():
        browser.close()


class Practice:
    """What a story needs of the practice: people with a desk and a phone, and patients."""

    open_now: ClassVar[list[BrowserContext]] = []

    def __init__(self, server: Server, player: Playwright, browser: Browser) -> None:
        """Keep the tools."""
        self.server = server
        self.player = player
        self.browser = browser
        self.closing = ExitStack()

    def context(self, browser: Browser | None = None, **words: Any) -> BrowserContext:
        """Somebody's browser. It is closed after the story, or the module whose fixture asked."""
        context = (browser or self.browser).new_context(**words)
        self.open_now.append(context)
        self.closing.callback(context.close)
        return context

    def desk(self, *roles: str, link: str = "", **words: Any) -> Desk:
        """A new person of the practice joins at a computer and is signed in there."""
        number = next(NUMBERS)
        given = GIVEN[number % len(GIVEN)]
        told = {"given": given, "family": f"Specimen{in_letters(number)}", "roles": list(roles)}
        told["email"] = f"p{number}@journeys.invalid"
        told["title"] = "Dr" if "GP" in roles else ""
        person = {} if link else self.server.ask("doctor", **told)
        context = self.context(
            viewport={"width": 1280, "height": 900}, timezone_id="Australia/Sydney", **words
        )
        desk = Desk(context, self.server.origin)
        desk.person = person
        desk.join(link or person["link"])
        return desk

    def bare_phone(
        self, browser: Browser | None = None, of: type[Phone] = Phone, **words: Any
    ) -> Phone:
        """A phone that was never here before."""
        told = {**devices.phone_words(self.player), **words}
        phone = of(self.context(browser, **told), self.server.origin)
        phone.watch.expected.add("401")  # asked without a session: the app then asks for the finger
        return phone

    def phone_of(self, desk: Desk, **words: Any) -> Phone:
        """A phone that was added by a typed code, and is unlocked at home."""
        phone = self.bare_phone(**words)
        self.add(phone, desk, name=f"{desk.person['given']}’s phone")
        phone.unlock_first()
        return phone

    def add(self, phone: Phone, desk: Desk, **words: Any) -> None:
        """Add a phone by a typed code; it is locked afterwards, and the desk shows its page."""
        phone.add(desk.new_code(), **words)
        desk.page.wait_for_url(PHONE_PAGE)  # it goes on by itself; no story may cross its way

    def patient(self, desk: Desk, given: str = "Pat", **words: Any) -> dict[str, Any]:
        """A patient in that doctor's care, with a visit today."""
        number = next(NUMBERS)
        told = {
            "family": f"Testcase{in_letters(number)}",
            "record_number": f"WL-{number:06}",
            "born": "1968-03-12",
            "reason": "Skin check",
            **words,
        }
        found: dict[str, Any] = self.server.ask(
            "patient", gp=desk.person["id"], given=given, **told
        )
        return found


@pytest.fixture(scope="module")
def practice(
    server: Server,
    player: Playwright,
    browser_with: Callable[[Path], Browser],
    small_film: Path,
) -> Iterator[Practice]:
    """The practice as its people and phones see it, with small pictures."""
    practice = Practice(server, player, browser_with(small_film))
    with practice.closing:
        yield practice


@pytest.fixture(scope="module")
def full_practice(
    server: Server, player: Playwright, browser_with: Callable[[Path], Browser], film: Path
) -> Iterator[Practice]:
    """The same with a camera of twelve megapixels."""
    practice = Practice(server, player, browser_with(film))
    with practice.closing:
        yield practice


@pytest.fixture(autouse=True)
def kept_to_itself() -> Iterator[None]:
    """No screen asked anything of anybody else, broke a policy, or met an error nobody foresaw.

    What a story opened is closed with it: a phone that is open asks the server every second.
    """
    kept = list(Practice.open_now)
    yield
    try:
        Watch.require_clean()
    finally:
        for context in [one for one in Practice.open_now if one not in kept]:
            Practice.open_now.remove(context)
            context.close()


@pytest.fixture(autouse=True)
def not_for_ever() -> Iterator[None]:
    """A story that waits for what never comes is ended: the browser's own calls have no limit."""
    before = signal.signal(signal.SIGALRM, _too_long)
    signal.alarm(LONGEST)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def _too_long(_: int, __: FrameType | None) -> None:
    raise TimeoutError(f"The story took longer than {LONGEST} seconds.")


@pytest.fixture(scope="module")
def surgery(practice: Practice) -> tuple[Desk, Phone]:
    """A doctor's desk and unlocked phone, for the stories of one module."""
    desk = practice.desk("GP")
    return desk, practice.phone_of(desk)
