"""Looking: whoever is shown anything of a record is in the log, pictures or none."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from safelight.audit.log import record, was_entered
from safelight.patients.models import Patient
from safelight.people.models import Person

SEEN: Final = "patient.viewed"
LASTS: Final = timedelta(minutes=15)  # as long as a page of small pictures (photos.viewing)


def note_view(patient: Patient, *, by: Person, at: datetime) -> None:
    """Enter that this person looks at this record, once a quarter of an hour.

    It is called after the record was loaded through the person and before anything of it is
    shown, in a transaction of its own: what cannot be entered is not shown.
    """
    with transaction.atomic(durable=True):
        if was_entered(
            SEEN,
            practice=patient.practice_id,
            by=by,
            patient=patient.pk,
            since=at - LASTS,
            until=at,
        ):
            return
        record(
            SEEN,
            practice=patient.practice_id,
            by=by,
            at=at,
            of=f"patient:{patient.pk}",
            patient=patient.pk,
        )
