"""Killing while an old key or old kits are ended. Run as a program, as `crashing` is."""

import argparse
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from safelight.audit.models import Entry
from safelight.photos.capture_keys import drop_capture_keys
from safelight.photos.ending_keys import finish_ending
from safelight.site import new_kits
from safelight.vault import ciphers, keyfiles, keyring
from safelight.vault.files import TEMPORARY
from safelight.vault.keys import Keyring, from_json
from tests.conftest import NOON
from tests.photos import crashing

RESTED = NOON + timedelta(days=31)


def folder() -> Path:
    """Return where the keyring's files lie."""
    return Path(settings.SAFELIGHT_DATA) / "keyring"


def new_pages(name: str) -> None:
    """Give the command that makes two new kits, into a folder of this name."""
    pages = Path(settings.SAFELIGHT_DATA) / name
    pages.mkdir(exist_ok=True)
    new_kits.run(argparse.Namespace(kits=str(pages)), say=lambda _: None)


def scene() -> None:
    """Make kits, a key that is followed by another, and what saves that were cut off had left."""
    crashing.scene()
    new_pages("old")
    keyring.change(lambda ring: ring.rotate_capture_key(NOON))
    newest = keyring.current().generation
    for kind in (keyfiles.SEALED, keyfiles.FOR_KITS):
        saved = keyfiles.path_of(folder(), newest, kind).read_bytes()
        (folder() / f"{TEMPORARY}{kind[1:]}").write_bytes(saved)
    (folder() / f"{TEMPORARY}other").write_bytes(b"what another process writes now")


def drop() -> None:
    """Destroy the old key."""
    drop_capture_keys(at=RESTED)


def kits() -> None:
    """End the old kits."""
    new_pages("new")


def copies() -> list[Keyring]:
    """Return what every file of the folder holds that the root key opens."""
    root, found = keyring.root_of_process(), []
    assert root is not None
    for path in folder().iterdir():
        if path.is_file() and (raw := path.read_bytes()).startswith(keyfiles.MAGIC):
            found.append(keyfiles._open_one(path, root.key, int.from_bytes(raw[12:16], "big")))
    return found


def opened_by_old_kit() -> list[Keyring]:
    """Return what every file of the folder holds that the first kits open."""
    page = Path(settings.SAFELIGHT_DATA) / "old" / "safelight-recovery-kit-A.html"
    secret, found = re.search(r"AGE-SECRET-KEY-\w+", page.read_text()), []
    assert secret is not None
    for path in folder().iterdir():
        if path.is_file():
            try:
                found.append(from_json(ciphers.open_with_age(path.read_bytes(), secret.group())))
            except ciphers.Unreadable:
                continue
    return found


def said(action: str) -> int:
    """Return how often the log says it."""
    return Entry.objects.filter(action=action).count()


def look_at_drop() -> dict[str, Any]:
    """Look for the old key right after the crash, and after what the worker does next."""

    def held() -> int:
        return sum(len(ring.capture_keys) > 1 for ring in [*copies(), *opened_by_old_kit()])

    too_early = said("key.destroyed") > 0 and held() > 0
    finish_ending(at=RESTED)
    drop()
    return {
        "said_too_early": too_early,
        "copies_with_it": held(),
        "said": said("key.destroyed"),
        "to_say": len(keyring.current().unsaid),
        "others_left_alone": (folder() / f"{TEMPORARY}other").exists(),
    }


def look_at_kits() -> dict[str, Any]:
    """Look for what the old kits open right after the crash, and after what the worker does."""
    before = said("key.kits_made") - 1
    too_early = before > 0 and len(opened_by_old_kit()) > 0
    finish_ending(at=RESTED)
    old, rings = len(opened_by_old_kit()), copies()
    ended = said("key.kits_made") == 2
    worker = ended == (old == 0)
    worker = worker and (not ended or len({ring.recovery for ring in rings}) == 1)
    new_pages("again")
    return {
        "said_too_early": too_early,
        "the_worker_ends_or_nothing_began": worker,
        "opened_by_old_kit_after_the_command": len(opened_by_old_kit()),
        "to_say": len(keyring.current().unsaid),
        "said_again": said("key.kits_made") == 2 + ended,
    }


def main(name: str) -> None:
    """Kill an act at each of its steps in turn, and print what was found after each."""
    act, look = {"drop": (drop, look_at_drop), "kits": (kits, look_at_kits)}[name]
    crashing.kill_everywhere(act, [scene], look)
