"""Searching: somebody looks for a patient, and the log says so."""

from datetime import datetime

from django.db import transaction

from safelight.audit.log import record
from safelight.patients.reading import PAGE, Found, find
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.policy.dates import local_day

LONGEST = 200


@transaction.atomic
def search(text: str, *, by: Person, at: datetime, after: str = "", limit: int = PAGE) -> Found:
    """Find patients of the searcher's practice. The words typed lie sealed beside the log's entry.

    A search shows names, so it is written down like a view, with what it found.
    """
    require_duty(by, Act.PATIENT_SEARCH)
    today = local_day(at, by.practice.zone)
    text = text[:LONGEST]
    found = find(by.practice, text, today=today, after=after, limit=limit)
    if text.strip():
        record(
            "patient.searched",
            practice=by.practice_id,
            by=by,
            at=at,
            outcome="found" if found.patients else "nobody",
            detail=text,
        )
    return found
