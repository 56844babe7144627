"""Breaking the glass: a record outside care, opened for 30 minutes with a reason, and looked at."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.patients.access import Way, live_grant, way_to
from safelight.patients.details import plain
from safelight.patients.models import BreakGlass, Patient
from safelight.people.duties import Act, letters, may
from safelight.people.models import Person
from safelight.policy.models import Practice

LASTS: Final = timedelta(minutes=30)  # one patient, no export (security-design, section 8)
LONGEST_WORDS: Final = 300
SHORTEST_WORDS: Final = 10  # a full stop is not a reason
REASONS: Final = {
    "treating": "I am treating this patient now",
    "emergency": "It is an emergency",
    "covering": "I am covering for a colleague",
    "advice": "A colleague asked me for advice",
    "complaint": "A complaint, a claim or a request for the record",
    "other": "Another reason",
}
WAYS_IN: Final = {
    "visit": "Added a visit, which put the patient in care",
    "usual_gp": "Became the patient’s usual GP, which put them in care",
}
"""Not reasons that are offered: what opened a record without one."""
OF_THEIR_OWN: Final = frozenset({Way.CARE, Way.OWN})


@transaction.atomic
def break_glass(
    patient: Patient, *, reason: str, words: str, by: Person, at: datetime
) -> BreakGlass:
    """Open one patient's record to one person for 30 minutes; the privacy officer is told at once.

    Breaking it again while it is open changes nothing. The reason's words lie sealed in the log.
    """
    if patient.practice_id != by.practice_id:
        raise NotFound
    if "B" not in letters(by, Act.PHOTO_VIEW_WALLED):
        raise NotAllowed(
            "Not opened. Your duties don’t include opening a record outside your care.",
            remedy="Ask your supervisor, or a GP who looks after this patient.",
        )
    words = plain(words)
    if reason not in REASONS:
        raise BadInput("Not opened. Choose one of the reasons.")
    if not SHORTEST_WORDS <= len(words) <= LONGEST_WORDS:
        raise BadInput(
            f"Not opened. Say why in a few words, {SHORTEST_WORDS} to {LONGEST_WORDS} characters."
        )
    open_now = live_grant(by, patient, at=at)
    if open_now is not None:
        return open_now
    return _grant(patient, reason=reason, words=words, by=by, at=at, ends_at=at + LASTS)


def note_way_in(
    patient: Patient,
    before: Way | None,
    *,
    how: str,
    words: str,
    by: Person,
    at: datetime,
    counts_at: datetime,
) -> BreakGlass | None:
    """Put on the officers' list that somebody brought a patient into their own care (decision 5).

    It runs in the transaction of the act that did it, opens nothing itself, and ends at once.
    """
    if before in OF_THEIR_OWN or way_to(by, patient, at=counts_at) not in OF_THEIR_OWN:
        return None
    return _grant(patient, reason=how, words=words, by=by, at=at, ends_at=at)


def reason_words(reason: str) -> str:
    """Return a reason, or a way in, as a page says it."""
    return REASONS.get(reason) or WAYS_IN.get(reason, reason)


def _grant(
    patient: Patient, *, reason: str, words: str, by: Person, at: datetime, ends_at: datetime
) -> BreakGlass:
    grant = BreakGlass.objects.create(
        person=by,
        patient=patient,
        reason=reason,
        words=words,
        at=at,
        ends_at=ends_at,
        told_to=[str(one.pk) for one in officers_for(by)],
    )
    record(
        "break_glass.opened",
        practice=by.practice_id,
        by=by,
        of=f"break_glass:{grant.pk}",
        patient=patient.pk,
        at=at,
        purpose=reason,
        detail=words,
    )
    return grant


def officers_for(person: Person) -> list[Person]:
    """Return who is told when this person breaks the glass: privacy officers, else managers.

    Nobody is told only of themselves: an officer's own break-glass goes to the managers as well.
    """
    people = [
        one
        for one in Person.objects.filter(
            practice=person.practice_id, is_active=True, left_at__isnull=True
        ).order_by("family", "given")
        if one.pk != person.pk
    ]
    officers = [one for one in people if "A" in letters(one, Act.BREAK_GLASS_REVIEW)]
    return officers or [one for one in people if may_review(one)]


def unreviewed(practice: Practice | UUID) -> list[BreakGlass]:
    """Return the break-glass of a practice that no officer has looked at yet, oldest first."""
    rows = BreakGlass.objects.filter(patient__practice=practice, reviewed_at__isnull=True)
    return list(rows.select_related("person", "patient").order_by("at"))


def may_review(person: Person) -> bool:
    """Say whether break-glass is shown to this person for review: privacy officer or manager."""
    return may(person, Act.BREAK_GLASS_REVIEW)


def to_review(person: Person) -> list[BreakGlass]:
    """Return what this person is to look at: told of it, or privacy officer, and not their own."""
    if not may_review(person):
        return []
    mine = str(person.pk)
    officer = "A" in letters(person, Act.BREAK_GLASS_REVIEW)
    return [
        one
        for one in unreviewed(person.practice_id)
        if one.person_id != person.pk and (officer or mine in one.told_to)
    ]


def grant_to_review(person: Person, grant_id: UUID) -> BreakGlass:
    """Return one break-glass of the practice to an officer; to others it is not there."""
    grant = (
        BreakGlass.objects.filter(pk=grant_id, patient__practice=person.practice_id)
        .select_related("person", "patient", "patient__practice", "reviewed_by")
        .first()
    )
    if grant is None or not may_review(person):
        raise NotFound
    return grant


@transaction.atomic
def review_break_glass(grant_id: UUID, *, by: Person, at: datetime) -> BreakGlass:
    """Note that an officer looked at a break-glass. Nobody reviews their own; twice is once."""
    grant = (
        BreakGlass.objects.select_for_update(of=("self",))
        .select_related("patient", "person")
        .filter(pk=grant_id, patient__practice=by.practice_id)
        .first()
    )
    if grant is None or not may_review(by):
        raise NotFound
    if grant.person_id == by.pk:
        raise NotAllowed(
            "Not noted. Somebody else looks at what you opened.",
            remedy="Ask another privacy officer, or the practice manager.",
        )
    if grant.reviewed_at is None:
        grant.reviewed_at, grant.reviewed_by = at, by
        grant.save(update_fields=["reviewed_at", "reviewed_by"])
        record(
            "break_glass.reviewed",
            practice=by.practice_id,
            by=by,
            of=f"break_glass:{grant.pk}",
            patient=grant.patient_id,
            at=at,
        )
    return grant
