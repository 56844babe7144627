"""A stolen phone yields nothing: no name and no picture lies in the clear in the whole profile."""

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Error, Playwright

from tests.journeys import devices
from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.disk import found_in
from tests.journeys.phone import Phone

pytestmark = pytest.mark.browser

CANARY = "Zephyrine Quillfeather"
SETTLED = 2.0  # seconds the profile must stay as it is before it is searched
LONGEST = 90.0
Open = Callable[[], tuple[BrowserContext, int]]


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    return tmp_path / "profile"


@pytest.fixture
def open_profile(player: Playwright, profile: Path, film: Path) -> Iterator[Open]:
    """Return how to open the browser on the profile, with a phone's small limit for Blobs."""
    now: list[BrowserContext] = []

    def launch() -> tuple[BrowserContext, int]:
        args = [*devices.camera_args(film), "--blob-transport-by-file-trigger=1000000"]
        context = player.chromium.launch_persistent_context(
            profile,
            executable_path=devices.CHROMIUM,
            headless=True,
            args=args,
            **devices.phone_words(player),
        )
        now.append(context)
        return context, int(os.readlink(profile / "SingletonLock").rsplit("-", 1)[1])

    yield launch
    for context in now:
        with suppress(Error):  # it was killed
            context.close()


def test_nothing_lies_in_the_clear_while_open_when_closed_and_after_a_crash(
    full_practice: Practice, profile: Path, open_profile: Open, careful: None
) -> None:
    desk = full_practice.desk("GP")
    context, _ = open_profile()
    phone = _phone_in(context, full_practice)
    full_practice.add(phone, desk)
    phone.unlock_first()
    _photograph_out_of_reach(full_practice, desk, phone)
    _settle(profile)
    assert _found(full_practice, profile) == []
    sealed = sum(path.stat().st_size for path in profile.rglob("*") if path.is_file())
    assert sealed > 1_000_000  # the capsule does lie there

    context.close()
    assert _found(full_practice, profile) == []

    context, process = open_profile()
    phone = _phone_in(context, full_practice)
    phone.out_of_reach()  # before it is open: it sends at once
    phone.go("/phone/")
    phone.says_it_holds(1)
    phone.in_reach()
    phone.says_it_holds(0, wait=90_000)
    os.kill(process, signal.SIGKILL)
    assert _found(full_practice, profile) == []


def test_the_search_finds_what_a_careless_app_leaves(
    full_practice: Practice, profile: Path, open_profile: Open, careless: None
) -> None:
    desk = full_practice.desk("GP")
    context, process = open_profile()
    phone = _phone_in(context, full_practice)
    full_practice.add(phone, desk)
    phone.unlock_first()
    _begin(full_practice, desk, phone)
    phone.take()
    limit = time.monotonic() + LONGEST
    while not _found(full_practice, profile) and time.monotonic() < limit:
        time.sleep(0.2)
    os.kill(process, signal.SIGKILL)
    assert any("a picture" in place for place in _found(full_practice, profile))


CAMERA, SEAL = "phone/src/camera.ts", "phone/src/seal.ts"
SLOW = {"STILL_LIMIT = 5000": (CAMERA, "STILL_LIMIT = 60000")}
"""On a busy machine a still takes longer than the app waits; its Blob is what this is about."""
CARELESS = {
    "export function dropBlobs(): void {\n": (
        SEAL,
        "export function dropBlobs(): void {\n  if (Date.now()) return;\n",
    ),
    "blob = undefined;": (CAMERA, "Object.assign(globalThis, { kept: blob });"),
}
"""The Blob is held on to, and what Chromium paged out is not made to be collected."""


@contextmanager
def _changed(practice: Practice, changes: dict[str, tuple[str, str]]) -> Iterator[None]:
    installed = practice.server.installed
    for old, (path, new) in changes.items():
        installed.change(path, old, new)
    installed.build()
    yield
    for old, (path, new) in changes.items():
        installed.change(path, new, old)
    installed.build()


@pytest.fixture
def careful(full_practice: Practice) -> Iterator[None]:
    """The app as it is, with time for the still."""
    with _changed(full_practice, SLOW):
        yield


@pytest.fixture
def careless(full_practice: Practice) -> Iterator[None]:
    """The app without the discipline."""
    with _changed(full_practice, SLOW | CARELESS):
        yield


def _found(practice: Practice, profile: Path) -> list[str]:
    own = [path.read_bytes() for path in practice.server.installed.app.glob("*.png")]
    return found_in(profile, CANARY, own=own)


def _phone_in(context: BrowserContext, practice: Practice) -> Phone:
    phone = Phone(context, practice.server.origin)
    phone.watch.expected.add("401")
    return phone


def _begin(practice: Practice, desk: Desk, phone: Phone) -> None:
    """Open the camera for a patient whose name we would know again."""
    pat: dict[str, Any] = practice.patient(desk, CANARY.split()[0])
    phone.choose(pat)
    phone.agree(CANARY.split()[0], referral=False)


def _photograph_out_of_reach(practice: Practice, desk: Desk, phone: Phone) -> None:
    """Take a photo that stays on the phone, with a name in its words and its patient's."""
    _begin(practice, desk, phone)
    phone.out_of_reach()
    phone.photograph(label="Naevus", notes=f"Seen with {CANARY}")
    phone.sees(re.compile("still on"))
    phone.says_it_holds(1)


def _settle(profile: Path) -> None:
    """Wait until Chromium has written and collected what it wanted to."""
    begun = changed = time.monotonic()
    before: list[tuple[str, int]] = []
    while time.monotonic() - changed < SETTLED and time.monotonic() - begun < LONGEST:
        time.sleep(0.1)
        now = _listing(profile)
        if now != before:
            before, changed = now, time.monotonic()


def _listing(profile: Path) -> list[tuple[str, int]]:
    found = []
    for path in profile.rglob("*"):
        try:
            found.append((str(path), path.stat().st_size))
        except FileNotFoundError:
            continue
    return sorted(found)
