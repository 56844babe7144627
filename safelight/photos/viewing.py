"""Viewing: no pixel leaves before the log says, durably, who is about to see it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from safelight.audit.log import record
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos import rules
from safelight.photos.access import Form, is_covered, require_page, require_sight
from safelight.photos.alarms import raise_alarm
from safelight.photos.darkroom import decoder
from safelight.photos.models import Alarm, Photo, Rendition, Sight
from safelight.photos.renditions import open_picture

ACTIONS: Final = {
    Form.VIEW: "photo.viewed",
    Form.FULL: "photo.viewed",
    Form.THUMB: "photo.thumbnails_viewed",
    Form.GHOST: "photo.ghost_viewed",
    Form.ORIGINAL: "photo.original_viewed",
    Form.PRINT: "photo.viewed",  # the print has its own entry (printing.py)
}
SOURCES: Final = {
    Form.THUMB: Rendition.Kind.THUMB,
    Form.VIEW: Rendition.Kind.VIEW,
    Form.GHOST: Rendition.Kind.VIEW,
    Form.PRINT: Rendition.Kind.VIEW,
    Form.FULL: Rendition.Kind.ORIGINAL,
    Form.ORIGINAL: Rendition.Kind.ORIGINAL,
}
PAGE_LASTS: Final = timedelta(minutes=15)
"""How long the small pictures of a page that was entered in the log may still be fetched."""


def open_rendition(
    photo: Photo,
    rendition: str,
    *,
    by: Person,
    at: datetime,
    stepped_up: bool = False,
    purpose: str = "",
) -> bytes:
    """Authorise, commit the entry, then read, open and return the bytes of one rendition.

    The entry is in a transaction of its own that must be the outermost, so it is on disk before
    the first byte is read; if it cannot be written nothing is shown.
    """
    form = Form(rendition)
    require_sight(by, photo, form=form, at=at, stepped_up=stepped_up)
    with transaction.atomic(durable=True):
        if form is not Form.THUMB or not _is_on_page(photo, by=by, at=at):
            _enter(ACTIONS[form], photo, by=by, at=at, purpose=purpose or form.value)
    data = open_picture(photo, SOURCES[form])
    return decoder().full(data, turn=photo.turn) if form is Form.FULL else data


def enter_page(
    photos: Sequence[Photo], *, patient: Patient | None, by: Person, at: datetime
) -> list[UUID]:
    """Enter a page of small photos once, and return the ids of those that may be shown on it.

    Covered ones are left out: they are a grey plate. The page's own pictures are then let through
    for a quarter of an hour without an entry each.
    """
    shown = [photo for photo in photos if not is_covered(by, photo, at=at)]
    if not shown:
        return []
    require_page(by, shown, patient, at=at)
    with transaction.atomic(durable=True):
        ids = [str(photo.pk) for photo in shown]
        _count(ids, by=by, at=at)
        record(
            "photo.thumbnails_viewed",
            practice=by.practice_id,
            by=by,
            at=at,
            of=f"patient:{patient.pk}" if patient else f"photo:{ids[0]}",
            patient=patient.pk if patient else None,
            detail=" ".join(ids),
        )
    return [photo.pk for photo in shown]


def enter_comparison(photos: Sequence[Photo], *, by: Person, at: datetime) -> None:
    """Enter that photos of one patient were put side by side; each is viewed on its own as well."""
    with transaction.atomic(durable=True):
        for photo in photos:
            require_sight(by, photo, form=Form.VIEW, at=at, stepped_up=True)
            _entry("photo.compared", photo, by=by, at=at, purpose="compare")


def _is_on_page(photo: Photo, *, by: Person, at: datetime) -> bool:
    """Say whether this person was just given a page with this photo on it."""
    pages = Sight.objects.filter(person=by, at__gt=at - PAGE_LASTS, at__lte=at)
    wanted = str(photo.pk)
    return any(wanted in ids for ids in pages.values_list("photos", flat=True))


def _enter(action: str, photo: Photo, *, by: Person, at: datetime, purpose: str) -> None:
    """Write the entry and count the sight."""
    _entry(action, photo, by=by, at=at, purpose=purpose)
    _count([str(photo.pk)], by=by, at=at)


def _count(ids: list[str], *, by: Person, at: datetime) -> None:
    """Count what a person has before them; very much in a short time is reported, not stopped."""
    Sight.objects.create(person=by, photos=ids, at=at)
    recent = Sight.objects.filter(person=by, at__gt=at - rules.VIEWS_WINDOW)
    seen = {one for page in recent.values_list("photos", flat=True) for one in page}
    if len(seen) > rules.VIEWS_BEFORE_ALARM:
        raise_alarm(Alarm.Kind.MANY_VIEWS, practice=by.practice, about=f"person:{by.pk}", at=at)


def _entry(action: str, photo: Photo, *, by: Person, at: datetime, purpose: str) -> None:
    record(
        action,
        practice=photo.practice_id,
        by=by,
        at=at,
        of=f"photo:{photo.pk}",
        patient=photo.patient_id,
        purpose=purpose,
    )
