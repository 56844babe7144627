"""Printing: what leaves on paper, numbered, for the sender to hand on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from safelight.audit.reading import of_object
from safelight.lib.refusals import NotFound
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.photos.viewing import PAGE_LASTS
from safelight.sharing.asking import items_of
from safelight.sharing.models import Release
from safelight.sharing.refusals import MovedOn
from safelight.sharing.sealed import VIEW, opened
from safelight.sharing.standing import back_to, note, require_acts, require_share_sight

PRINTED: Final = "share.printed"
LATEST: Final = 20
"""Entries of one share that are looked through for the one of the page before the person."""


@dataclass(frozen=True, slots=True)
class Print:
    """One page to print: its place, its words, and its copy's number."""

    n: int
    of: int
    words: str
    number: int | None


def pages(release: Release, *, by: Person, at: datetime, stepped_up: bool = False) -> list[Print]:
    """Return the pages for whoever prints them. Who printed is in the log first, once for all."""
    _require_print(release, by=by, at=at, stepped_up=stepped_up)
    _enter(release, by=by, at=at)
    items = items_of(release)
    return [
        Print(n, len(items), item.words, item.copy.number if item.copy else None)
        for n, item in enumerate(items, start=1)
    ]


def page_picture(
    release: Release, n: int, *, by: Person, at: datetime, stepped_up: bool = False
) -> bytes:
    """Return the finished picture of one page, and open no other.

    The entry of the pages covers it for a quarter of an hour; asked for by itself, it gets its own.
    """
    _require_print(release, by=by, at=at, stepped_up=stepped_up)
    item = next((item for place, item in enumerate(items_of(release), 1) if place == n), None)
    if item is None:
        raise NotFound
    if not _has_pages(release, by=by, at=at):
        _enter(release, by=by, at=at)
    return opened(item, VIEW)


def _require_print(release: Release, *, by: Person, at: datetime, stepped_up: bool) -> None:
    require_share_sight(by, release, at=at)
    require_acts(
        by,
        [Act.PHOTO_PRINT],
        patients=[release.patient] if release.patient else [],
        at=at,
        stepped_up=stepped_up,
        way_back=back_to(release),
    )
    release.refresh_from_db()
    over = release.ends_at is None or release.ends_at <= at
    if release.form != Release.Form.PRINT or release.state != Release.State.OUT or over:
        raise MovedOn(release)


def _has_pages(release: Release, *, by: Person, at: datetime) -> bool:
    """Say whether this person was just given the pages, by the log itself."""
    of = f"release:{release.pk}"
    latest = of_object(release.practice_id, of, actions=[PRINTED], limit=LATEST).entries
    return any(one.actor_id == by.pk and at - PAGE_LASTS < one.at <= at for one in latest)


@transaction.atomic(durable=True)
def _enter(release: Release, *, by: Person, at: datetime) -> None:
    Release.objects.filter(pk=release.pk, taken_at=None).update(taken_at=at)
    note(PRINTED, release, by=by, at=at)
