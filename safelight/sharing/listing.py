"""Listing: what the pages of shares list: what concerns a person, what ended, what a set may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Exists, OuterRef

from safelight.consent.going import Answers, MayNotGo, answers_of, may_go
from safelight.consent.reading import patients_asked
from safelight.patients.access import Way, way_to
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.photos.access import is_covered
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from safelight.sharing.models import LIVE, Release
from safelight.sharing.reading import concerns

ROWS: Final = 50
MOST_PATIENTS: Final = 100
"""Patients looked through for one page of a teaching set; a site narrows it."""


@dataclass(frozen=True, slots=True)
class Offered:
    """One patient who said yes, and the photos of theirs that may go into a set."""

    patient: Patient
    photos: list[Photo]


def concerning(person: Person, rows: Sequence[Release], *, at: datetime) -> list[Release]:
    """Return the rows whose page `release_for` would open for this person: the same rule."""
    return [row for row in rows if concerns(person, row, at=at)]


def ended_lately(practice: Practice) -> list[Release]:
    """Return the newest decided releases that ended, were stopped, undone or refused."""
    rows = Release.objects.filter(
        practice=practice, ended_at__isnull=False, confirmed_at__isnull=False
    )
    rows = rows.select_related("patient", "made_by").order_by("-ended_at")
    return list(rows[:ROWS])


def live_count(practice: Practice) -> int:
    """Return how many releases are out or about to go: the number beside "Shares"."""
    return Release.objects.filter(practice=practice, state__in=LIVE).count()


def may_be_taught(person: Person, *, use: str, at: datetime, site_code: str = "") -> list[Offered]:
    """Return the photos that a set may hold, by patient: only of those whose own yes stands now.

    Patients behind a wall and photos that are covered from this person are left out. The act asks
    again for each photo, and so does the worker.
    """
    found = []
    photos_there = Photo.objects.filter(**({"site_code": site_code} if site_code else {}))
    asked = patients_asked(person.practice, use)
    shown = asked.filter(Exists(photos_there.filter(patient=OuterRef("pk"))))
    for patient in shown[:MOST_PATIENTS]:
        if way_to(person, patient, at=at) not in (Way.CARE, Way.OWN):
            continue
        rows = photos_there.filter(patient=patient).select_related("patient__practice")
        answers = answers_of(patient, at=at)
        photos = [
            photo
            for photo in rows.order_by("-taken_at")[:ROWS]
            if _may_go(photo, use, person, answers) and not is_covered(person, photo, at=at)
        ]
        if photos:
            found.append(Offered(patient, photos))
    return found


def _may_go(photo: Photo, use: str, person: Person, answers: Answers) -> bool:
    """Say whether the patient's yes covers this photo; a second person's check comes later."""
    try:
        may_go(photo, use=use, at=answers.at, name_hidden=True, by=person, answers=answers)
    except MayNotGo as refused:
        return {item.code for item in refused.missing} <= {"second_person"}
    return True
