"""Printing: what leaves on paper, numbered, for the sender to hand on."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from safelight.audit.log import record
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.sharing.asking import items_of
from safelight.sharing.models import Release
from safelight.sharing.refusals import MovedOn
from safelight.sharing.sealed import VIEW, opened
from safelight.sharing.standing import back_to, require_acts, require_share_sight


@dataclass(frozen=True, slots=True)
class Print:
    """One photo for the page to print: its picture, its words, and its copy's number."""

    data: bytes = field(repr=False)
    n: int
    of: int
    words: str
    number: int | None


def pictures(
    release: Release, *, by: Person, at: datetime, stepped_up: bool = False
) -> list[Print]:
    """Return the finished pictures for whoever prints them. Who printed is in the log first."""
    require_share_sight(by, release, at=at)
    patients = [release.patient] if release.patient else []
    require_acts(
        by,
        [Act.PHOTO_PRINT],
        patients=patients,
        at=at,
        stepped_up=stepped_up,
        way_back=back_to(release),
    )
    release.refresh_from_db()
    over = release.ends_at is None or release.ends_at <= at
    if release.form != Release.Form.PRINT or release.state != Release.State.OUT or over:
        raise MovedOn(release)
    with transaction.atomic(durable=True):
        Release.objects.filter(pk=release.pk, taken_at=None).update(taken_at=at)
        record(
            "share.printed",
            practice=release.practice_id,
            by=by,
            at=at,
            of=f"release:{release.pk}",
            patient=release.patient_id,
            purpose=release.use,
        )
    items = items_of(release)
    return [
        Print(
            opened(item, VIEW), n, len(items), item.words, item.copy.number if item.copy else None
        )
        for n, item in enumerate(items, start=1)
    ]
