"""Killing: a process of our own does an act and is killed at its n-th step; another goes on.

Run as a program. It makes one data folder, then for every n copies it, lets a child do the act and
kills it (SIGKILL) just before its n-th fsync, rename, unlink or commit, and after each commit.
A second child then does what a restarted server would do, and says what it found.
"""

import itertools
import json
import os
import shutil
import signal
import sys
import tempfile
from base64 import urlsafe_b64decode
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from safelight.audit.checkpoints import checkpoint
from safelight.audit.models import Entry
from safelight.people.models import Person, Phone
from safelight.photos import receiving
from safelight.photos.claims import waiting_for_filing
from safelight.photos.filing import file_capture
from safelight.photos.models import Capture, Copy, Photo
from safelight.photos.places import inbox
from safelight.photos.renditions import is_whole
from safelight.vault import keyring
from safelight.vault.sealing import is_receipt
from safelight.vault.stores import store
from tests import conftest
from tests.conftest import NOON
from tests.consent.talks import keep
from tests.photos.making import capsule, meta, offer_of, picture, send

NUMBER = UUID("0197a000-0000-7000-8000-0000000000e1")
LATER = NOON + timedelta(seconds=61)


def in_child(act: Callable[[], Any]) -> Any:
    """Run an act in a child with its own database connection; None when it was killed."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            answer = act()
        except BaseException as trouble:
            answer = {"trouble": repr(trouble)}
        os.write(write, json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else None


def use(folder: Path) -> None:
    """Work on a copy of the data folder from here on."""
    settings.SAFELIGHT_DATA = folder
    connection.settings_dict["NAME"] = str(folder / "safelight.db")


def kill_at(n: int) -> list[str]:
    """Make this process die at its n-th step (0: never), and return where the steps are noted."""
    steps: list[str] = []

    def step(name: str) -> None:
        steps.append(name)
        if len(steps) == n:
            os.kill(os.getpid(), signal.SIGKILL)

    def before(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **words: Any) -> Any:
            step(name)
            return real(*args, **words)

        return watched

    for name in ("fsync", "rename", "unlink"):
        setattr(os, name, before(name, getattr(os, name)))
    base: Any = BaseDatabaseWrapper
    commit = base._commit

    def committed(self: Any) -> Any:
        step("commit")
        done = commit(self)
        step("committed")
        return done

    base._commit = committed
    return steps


def scene() -> None:
    """Make a practice with a patient, a consent, a phone; and its photo, sealed, beside it."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    practice = conftest._practice("Wattle Lane Family Practice")
    keyring.change(lambda ring: ring.with_practice(practice.pk))
    ada = conftest._person(practice, "Ada", "Specimen", ["GP"])
    pat = conftest.make_patient(practice, "Pat", "Testcase", "WL-004417", usual_gp=ada)
    keep(pat, ada)
    phone = Phone.objects.create(
        practice=practice,
        owner=ada,
        name="Ada’s phone",
        public_key=b"",
        paired_at=NOON,
        paired_by=ada.pk,
    )
    raw = capsule(phone, NUMBER, meta(NUMBER, ada, pat), picture())
    (Path(settings.SAFELIGHT_DATA) / "raw").write_bytes(raw)


def raw() -> bytes:
    """Return the sealed photo that the phone holds."""
    return (Path(settings.SAFELIGHT_DATA) / "raw").read_bytes()


def receive() -> None:
    """Send the photo, as far as it goes."""
    send(Phone.objects.get(), NUMBER, raw(), piece=100_000)


def file() -> None:
    """File the photo."""
    file_capture(NUMBER, at=NOON)


def go_on() -> dict[str, Any]:
    """Do what a restarted server and a phone that asks again would do, and say what there is."""
    phone, sealed = Phone.objects.get(), raw()
    receiving.complete_arrivals(at=LATER)
    capture = Capture.objects.filter(pk=NUMBER).first()
    promised = capture.stored_receipt if capture else ""
    first = receiving.begin_sending(phone, NUMBER, offer_of(sealed), at=LATER)
    receipt = first.receipt or send(phone, NUMBER, sealed, at=LATER).receipt
    for waiting in waiting_for_filing(at=LATER, most=8):
        file_capture(waiting, at=LATER)
    receiving.complete_arrivals(at=LATER)
    capture, photo = Capture.objects.get(), Photo.objects.get()
    filed = receiving.progress_of(capture).receipt or {"text": "", "signature": ""}
    rows = set(photo.renditions.values_list("blob", flat=True))
    checkpoint(phone.practice_id, LATER)
    return {
        "state": capture.state,
        "kept_promise": promised in ("", capture.stored_receipt) and receipt is not None,
        "whole": is_whole(photo),
        "rows_without_blob": sorted(rows - set(store().names())),
        "copies": Copy.objects.count(),
        "filed_entries": Entry.objects.filter(action="photo.filed").count(),
        "arrived_entries": Entry.objects.filter(action="capture.arrived").count(),
        "receipt": json.loads(filed["text"])["state"],
        "signed": is_receipt(filed["text"].encode(), unpadded(filed["signature"])),
        "left_in_inbox": [str(pk) for pk in inbox().waiting()],
        "people": Person.objects.count(),
    }


def unpadded(text: str) -> bytes:
    """Read base64url without padding."""
    return urlsafe_b64decode(text + "==")


def main(name: str) -> None:
    """Kill an act at each of its steps in turn, and print what was found after each."""
    first: list[Callable[[], Any]] = {"receive": [], "file": [receive]}[name]
    kill_everywhere({"receive": receive, "file": file}[name], [scene, *first], go_on)


def kill_everywhere(
    act: Callable[[], Any], first: Sequence[Callable[[], Any]], look: Callable[[], dict[str, Any]]
) -> None:
    """Do what comes first, then kill an act at each step in turn, and print what `look` found."""
    made = Path(settings.SAFELIGHT_DATA)
    for one in first:
        in_child(one)
    with tempfile.TemporaryDirectory(prefix="safelight-crash-") as top:
        for n in itertools.count(0):
            copy = Path(top) / str(n)
            shutil.copytree(made, copy)

            def attempt(n: int = n, copy: Path = copy) -> list[str]:
                use(copy)
                steps = kill_at(n)
                act()
                return list(steps)

            def after(copy: Path = copy) -> dict[str, Any]:
                use(copy)
                return look()

            done = in_child(attempt)
            found = in_child(after)
            sys.stdout.write(json.dumps({"n": n, "steps": done, "found": found}) + "\n")
            sys.stdout.flush()
            shutil.rmtree(copy)
            if n and done is not None:
                break
