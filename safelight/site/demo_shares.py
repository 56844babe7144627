"""The demo's shares: an address book, links that wait, were answered and are over, and a set.

As with its photos, nothing is written past an act: each share goes through every step, is let go
by the worker's own function, and is opened with the PIN by whoever it was for.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.sharing import confirming, drafting
from safelight.sharing.addressbook import Entry, add_clinician, verify_clinician
from safelight.sharing.checking import approve
from safelight.sharing.ending import end_due
from safelight.sharing.messages import text_of
from safelight.sharing.models import Clinician, Release
from safelight.sharing.opening import open_link
from safelight.sharing.packing import open_package
from safelight.sharing.releasing import let_go
from safelight.sharing.replying import reply, see_replies
from safelight.sharing.rules.checklist import ABSENT, CHECKLIST
from safelight.sharing.teaching import begin_set

Event = tuple[datetime, str, dict[str, Any]]

NOTHING_THERE = {key: {"answer": ABSENT} for key in CHECKLIST}
STEP = timedelta(minutes=1)


@dataclass
class Shares:
    """What is shared in the demo, by the short names of demo.toml."""

    people: dict[str, Person]
    patients: dict[str, Patient]
    book: dict[str, Clinician] = field(default_factory=dict)
    out: dict[str, tuple[Release, str, str]] = field(default_factory=dict)  # with link and PIN


def events(words: dict[str, Any], at: datetime) -> Iterator[Event]:
    """Give all that happened to the book and the shares, each with its instant."""
    for row in words.get("clinicians", []):
        yield at - timedelta(days=row["added"]), "clinician", row
        if "verified" in row:
            yield at - timedelta(days=row["verified"]), "verified", row
    for row in words.get("shares", []):
        yield at - timedelta(days=row["days"]), "share", row
        if "opened" in row:
            yield at - timedelta(days=row["opened"]), "opened", row
        if "read" in row:
            yield at - timedelta(days=row["read"]), "read", row
        if "ended" in row:
            yield at - timedelta(days=row["ended"]), "ended", row
    for row in words.get("sets", []):
        yield at - timedelta(days=row["days"]), "set", row


def _clinician(shares: Shares, row: dict[str, Any], at: datetime) -> None:
    told = {key: row[key] for key in Entry.__dataclass_fields__ if key in row}
    shares.book[row["key"]] = add_clinician(
        Entry(**told), email_again=row["email"], how_verified=row["how"],
        by=shares.people["ada"], at=at, stepped_up=True,
    )  # fmt: skip


def _verified(shares: Shares, row: dict[str, Any], at: datetime) -> None:
    known = shares.book[row["key"]]
    verify_clinician(known, how=row["how"], by=shares.people["ada"], at=at, stepped_up=True)


def _share(shares: Shares, row: dict[str, Any], at: datetime) -> None:
    """Let photos out by a link that the sender copies: all steps of the wizard, by their acts."""
    by, to = shares.people[row["by"]], shares.book[row["to"]]
    chosen = _photos(shares, row)
    release = drafting.begin_release(chosen, use="referral", by=by, at=at, stepped_up=True)
    drafting.set_recipient(release, clinician=to, by=by, at=at)
    drafting.set_form(
        release, form="link", channel="text", question=row["question"], days=row["for"],
        by=by, at=at,
    )  # fmt: skip
    pin = _decided(release, by, at)
    _gone(release, at + STEP)
    link = re.findall(r"http\S+", text_of(release, by=by, at=at + 2 * STEP))[0]
    shares.out[row["key"]] = (release, link.partition("#")[2], pin)


def _opened(shares: Shares, row: dict[str, Any], at: datetime) -> None:
    """Have the reader open it with the PIN and, where the demo tells words, answer."""
    _, token, pin = shares.out[row["key"]]
    opened = open_link(token, pin=pin, accepts_terms=True, at=at)
    if "reply" in row:
        reply(opened.session, words=row["reply"], at=at + 4 * STEP)


def _read(shares: Shares, row: dict[str, Any], at: datetime) -> None:
    release, _, _ = shares.out[row["key"]]
    see_replies(release, by=shares.people[row["by"]], at=at)


def _set(shares: Shares, row: dict[str, Any], at: datetime) -> None:
    """Make a teaching set with two people, and take its file once."""
    by, second = shares.people[row["by"]], shares.people[row["checked_by"]]
    chosen = _photos(shares, row)
    words = {"title": row["title"], "audience": row["audience"]}
    release = begin_set(chosen, **words, by=by, at=at, stepped_up=True)
    _decided(release, by, at)
    items = release.items.select_related("release", "photo__patient__practice")
    for item in items:
        drafting.preview(item, by=second, at=at + STEP, stepped_up=True)
    seen = {str(item.pk): item.sha256 for item in items}
    approve(release, seen=seen, by=second, at=at + 2 * STEP, stepped_up=True)
    _gone(release, at + 3 * STEP)
    open_package(release, by=by, at=at + 4 * STEP, stepped_up=True)


def _decided(release: Release, by: Person, at: datetime) -> str:
    """Name the consent as the reason, look at each finished copy, and decide; return the PIN."""
    drafting.set_basis(release, code="CONSENT_EXPRESS", by=by, at=at)
    if release.name_hidden:
        drafting.set_checklist(release, NOTHING_THERE, by=by, at=at)
    for item in release.items.select_related("release", "photo__patient__practice"):
        drafting.preview(item, by=by, at=at, stepped_up=True)
    seen = {str(item.pk): item.sha256 for item in release.items.all()}
    return confirming.confirm(release, seen=seen, by=by, at=at, stepped_up=True).pin


def _gone(release: Release, at: datetime) -> None:
    """Do what the worker does."""
    let_go(at)
    release.refresh_from_db()
    if release.state != Release.State.OUT:
        raise RuntimeError(f"A demo share did not go: {release.state} {release.end_words}")


def _photos(shares: Shares, row: dict[str, Any]) -> list[Photo]:
    """Return the photos a row names: whose, and which in the order of taking."""
    found = []
    for key, number in row["photos"]:
        taken = Photo.objects.filter(patient=shares.patients[key]).order_by("taken_at", "pk")
        found.append(taken.select_related("patient__practice", "practice")[number - 1])
    return found


def _ended(shares: Shares, row: dict[str, Any], at: datetime) -> None:
    end_due(at)


ACTS: Final[dict[str, Callable[[Shares, dict[str, Any], datetime], None]]] = {
    "clinician": _clinician,
    "verified": _verified,
    "share": _share,
    "opened": _opened,
    "read": _read,
    "ended": _ended,
    "set": _set,
}
"""What can happen to a share, by the kind of its event."""
