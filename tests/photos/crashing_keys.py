"""Killing while a practice's key is followed by another. Run as a program, as `crashing` is."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from safelight.audit import reading as audit
from safelight.audit.models import Entry
from safelight.consent.models import Consent, PaperScan
from safelight.consent.papers import add_scan, open_scan
from safelight.people.models import Person
from safelight.photos.models import Photo, Rendition
from safelight.photos.renditions import open_picture
from safelight.photos.rewrapping import begin_epoch, end_epochs, rewrap_some, waiting, write_down
from safelight.policy.models import Practice
from safelight.vault import keyfiles, keyring
from tests.conftest import NOON
from tests.photos import crashing

SCAN = b"%PDF-1.7 a scan"
RESTED = NOON + timedelta(days=2)


def scene() -> None:
    """Make a practice with a photo that was filed and a scan, both wrapped by its first key."""
    crashing.scene()
    crashing.receive()
    crashing.file()
    add_scan(Consent.objects.get(), content=SCAN, by=Person.objects.get(), at=NOON)


def begin() -> None:
    """Make the next key."""
    begin_epoch(Practice.objects.get(), after=1, at=NOON)


def rewrap() -> None:
    """Wrap everything anew."""
    rewrap_some(at=NOON)


def end() -> None:
    """Destroy the old key."""
    end_epochs(Practice.objects.get(), at=RESTED)


def opens() -> bool:
    """Say whether everything opens."""
    ada, consent = Person.objects.get(), Consent.objects.get()
    pictures = [open_picture(Photo.objects.get(), kind) for kind in Rendition.Kind.values]
    scan = open_scan(consent, PaperScan.objects.get().pk, by=ada, at=NOON)
    return all(pictures) and scan[0] == SCAN


def look() -> dict[str, Any]:
    """Look right after the crash, then do what a restarted worker does, and look again."""
    practice = Practice.objects.get()
    at_once = opens()
    write_down(practice, at=NOON)
    begin()
    rewrap()
    end()
    root, folder = keyring.root_of_process(), Path(settings.SAFELIGHT_DATA) / "keyring"
    assert root is not None
    saved = [
        keyfiles._open_one(keyfiles.path_of(folder, number), root.key, number)
        for number in keyfiles.generations(folder)
    ]
    told = Entry.objects.filter(action="key.rewrapped")
    return {
        "opens_at_once": at_once,
        "opens_after": opens(),
        "waiting": waiting(practice),
        "epochs_in_each_generation": [ring.epochs(practice.pk) for ring in saved],
        "made": Entry.objects.filter(action="key.epoch_made").count(),
        "ended": Entry.objects.filter(action="key.epoch_ended").count(),
        "rewrapped": sorted(audit.detail_of(entry) or "" for entry in told),
    }


def main(name: str) -> None:
    """Kill an act at each of its steps in turn, and print what was found after each."""
    acts = {"begin": begin, "rewrap": rewrap, "end": end}
    done = list(acts)[: list(acts).index(name)]
    crashing.kill_everywhere(acts[name], [scene, *(acts[one] for one in done)], look)
