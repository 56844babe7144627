"""Sittings: photos that one person took of one patient at a time, so one answer can serve them."""

from collections.abc import Hashable, Iterable
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q

from safelight.people.models import Person
from safelight.photos.models import LabelEdit, Photo
from safelight.photos.rules import sittings

REACH: Final = timedelta(hours=12)
MOST: Final = 60
"""Photos that one answer may serve; a sitting hardly ever has a fifth of them."""


def by_sitting(photos: Iterable[Photo]) -> list[list[Photo]]:
    """Put photos together that were taken at one sitting, in the order of each one's first."""
    return sittings(photos, key=_same, when=lambda photo: photo.taken_at)


def sitting_of(photo: Photo) -> list[Photo]:
    """Return the photos of the same sitting, this one among them, as they were taken.

    Without a patient they are those of the tray for whom the same name was typed.
    """
    near = Q(taken_at__gte=photo.taken_at - REACH, taken_at__lte=photo.taken_at + REACH)
    rows = Photo.objects.filter(
        near, practice=photo.practice_id, taken_by=photo.taken_by_id, patient=photo.patient_id
    )
    if photo.patient_id is None:
        rows = rows.filter(patient__isnull=True, patient_hint=photo.patient_hint)
    found = by_sitting(
        rows.select_related("patient", "taken_by", "visit").order_by("taken_at", "pk")
    )
    mine = next(group for group in found if photo in group)
    first = min(mine.index(photo), max(0, len(mine) - MOST))
    return mine[first : first + MOST]


def labelled_with(photo: Photo, *, by: Person) -> set[UUID]:
    """Return the photos that this person last labelled with the same answer as this one."""
    newest = LabelEdit.objects.filter(photo=photo, by=by).order_by("-at", "-pk").first()
    if newest is None:
        return {photo.pk}
    together = LabelEdit.objects.filter(by=by, at=newest.at, photo__patient=photo.patient_id)
    return {photo.pk, *together.values_list("photo", flat=True)}


def _same(photo: Photo) -> Hashable:
    """Return what the photos of a sitting have in common beside the time."""
    hint = "" if photo.patient_id else photo.patient_hint
    return photo.patient_id, photo.taken_by_id, hint
