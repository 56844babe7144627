"""Visits: a consultation is added, and today's are listed in the practice's own day."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import ProtectedError, QuerySet

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.patients.access import way_to
from safelight.patients.breaking_glass import OF_THEIR_OWN, note_way_in
from safelight.patients.details import plain
from safelight.patients.models import Patient, Visit
from safelight.patients.reading import clinicians_of
from safelight.people.duties import Act, letters, require_duty
from safelight.people.models import Person
from safelight.policy.dates import local_day
from safelight.policy.models import Practice

LONGEST_REASON = 200
FARTHEST = timedelta(days=550)  # a booking further ahead is a typing slip
EARLIEST = timedelta(days=3650)
LATEST_PHOTO = timedelta(days=7)  # a phone out of reach longer, or its clock wrong: a person says
SENT = "No visit was booked: the patient was sent to a phone"
PHOTOGRAPHED = "No visit was booked: a photo was taken"


class VisitInUse(Refusal):
    """A photo or a consent names this visit, so it is part of the record."""

    code = "visit_in_use"

    def __init__(self) -> None:
        """Say what stays."""
        super().__init__(
            "Not taken back. A photo or a consent belongs to this visit.",
            remedy="Give the photo another visit first.",
        )


@transaction.atomic
def add_visit(
    patient: Patient,
    *,
    clinician: Person,
    starts_at: datetime,
    by: Person,
    at: datetime,
    reason: str = "",
    because: str = "",
) -> Visit:
    """Add a visit. The same patient, clinician and time again is the same visit, not a second.

    A visit brings the patient into care. Whoever stood before a wall and comes past it by a visit
    of their own making is put on the privacy officer's list, as with break-glass (decision 5).
    `because` tells list and log which act the visit was added with.
    """
    require_duty(by, Act.VISIT_EDIT)
    if patient.practice_id != by.practice_id or clinician.practice_id != by.practice_id:
        raise NotFound
    if not clinicians_of(by.practice_id).filter(pk=clinician.pk).exists():
        raise BadInput("Not added. Choose somebody who sees patients.")
    if not at - EARLIEST <= starts_at <= at + FARTHEST:
        raise BadInput("Not added. That day is too far away: check the year.")
    words = plain(reason)
    if len(words) > LONGEST_REASON:
        raise BadInput(f"Not added. Keep the reason to {LONGEST_REASON} characters.")
    before = way_to(by, patient, at=at)
    visit, is_new = Visit.objects.get_or_create(
        practice=by.practice,
        patient=patient,
        person=clinician,
        starts_at=starts_at,
        defaults={"reason": words},
    )
    if is_new:
        record(
            "visit.added",
            practice=by.practice_id,
            by=by,
            of=f"visit:{visit.pk}",
            patient=patient.pk,
            at=at,
            detail=because,
        )
        said = words or because or "No reason was written with the visit"
        counts_at = max(at, starts_at)
        note_way_in(patient, before, how="visit", words=said, by=by, at=at, counts_at=counts_at)
    return visit


@transaction.atomic
def cancel_visit(visit: Visit, *, by: Person, at: datetime) -> None:
    """Take back a visit that was added by mistake; one that a photo or a consent names stays.

    A database rule decides what hangs on it. What it opened meanwhile stays in the log, and so on
    the officer's list.
    """
    require_duty(by, Act.VISIT_EDIT)
    if visit.practice_id != by.practice_id:
        raise NotFound
    number, patient = visit.pk, visit.patient_id
    try:
        with transaction.atomic():
            visit.delete()
    except ProtectedError:
        raise VisitInUse from None
    record(
        "visit.cancelled",
        practice=by.practice_id,
        by=by,
        of=f"visit:{number}",
        patient=patient,
        at=at,
    )


def visit_at(
    patient: Patient, visit_id: UUID | None, *, person: Person, at: datetime
) -> Visit | None:
    """Return the visit that something made by this person then belongs to, if there is one.

    It is the one named, else that of the day. One that was taken back meanwhile is as if it had
    not been named; another patient's is refused.
    """
    if visit_id is not None and is_known(visit_id):
        return visit_of(patient, visit_id)
    return only_visit_on(patient, person=person, at=at)


def only_visit_on(patient: Patient, *, person: Person, at: datetime) -> Visit | None:
    """Return the patient's one visit with this person that day; without any, their only one.

    A nurse is called into a doctor's visit: it is that visit. Of two, a person chooses.
    """
    day = list(visits_on_day(patient, at=at))
    found = [visit for visit in day if visit.person_id == person.pk] or day
    return found[0] if len(found) == 1 else None


@transaction.atomic
def visit_now(patient: Patient, *, by: Person, at: datetime) -> Visit:
    """Return the visit that somebody is in with a patient, or add it: a walk-in was not booked.

    It is today's nearest with them, else the nearest with a colleague. The caller saw to it that
    they may open the record; that an added visit brings it into their care, `add_visit` notes.
    """
    _one_at_a_time(patient)
    day = list(visits_on_day(patient, at=at))
    found = [visit for visit in day if visit.person_id == by.pk] or day
    if found:
        return min(found, key=lambda visit: abs(visit.starts_at - at))
    begun = at.replace(second=0, microsecond=0)
    return add_visit(patient, clinician=by, starts_at=begun, by=by, at=at, because=SENT)


@transaction.atomic
def visit_of_photo(
    patient: Patient, *, person: Person, taken_at: datetime, at: datetime
) -> Visit | None:
    """Return the visit in which this person took a photo; where that day has none, it is added.

    Nobody comes past a wall by it: it is added only where the patient is in their care already.
    Where it cannot be, or the day has several, None: the photo is filed, and a person says which.
    """
    _one_at_a_time(patient)
    if visits_on_day(patient, at=taken_at).exists():
        return only_visit_on(patient, person=person, at=taken_at)
    if way_to(person, patient, at=at) not in OF_THEIR_OWN or taken_at < at - LATEST_PHOTO:
        return None
    try:
        return add_visit(
            patient, clinician=person, starts_at=taken_at, by=person, at=at, because=PHOTOGRAPHED
        )
    except Refusal:
        return None


def _one_at_a_time(patient: Patient) -> None:
    """Let acts that may add a visit for this patient wait for each other: one is enough."""
    list(Patient.objects.select_for_update().filter(pk=patient.pk))


def opens_by_visit(person: Person, patient: Patient, *, at: datetime) -> bool:
    """Say whether a visit added now would bring a patient into somebody's care (decision 5)."""
    return not patient.restricted and way_to(person, patient, at=at) not in OF_THEIR_OWN


def visits_on_day(patient: Patient, *, at: datetime) -> QuerySet[Visit]:
    """Return a patient's visits of one day, as days go where the practice is."""
    begins, ends = day_in(patient.practice, local_day(at, patient.practice.zone))
    rows = Visit.objects.filter(practice=patient.practice_id, patient=patient)
    return rows.filter(starts_at__gte=begins, starts_at__lt=ends).order_by("starts_at")


def day_in(practice: Practice, day: date) -> tuple[datetime, datetime]:
    """Return when a calendar day begins and ends where the practice is; 23 to 25 hours long."""
    zone = ZoneInfo(practice.zone)
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    next_day = day + timedelta(days=1)
    ends = datetime(next_day.year, next_day.month, next_day.day, tzinfo=zone)
    return begins.astimezone(UTC), ends.astimezone(UTC)


def visits_today(
    practice: Practice, *, at: datetime, person: Person | None = None, limit: int = 200
) -> list[Visit]:
    """Return today's visits of the practice, or of one clinician, in the order of the day."""
    begins, ends = day_in(practice, local_day(at, practice.zone))
    rows = Visit.objects.filter(practice=practice, starts_at__gte=begins, starts_at__lt=ends)
    if person is not None:
        rows = rows.filter(person=person)
    return list(rows.select_related("patient", "person").order_by("starts_at", "pk")[:limit])


def reads_reasons(person: Person, patient: Patient, *, is_open: bool) -> bool:
    """Say whether this person may read what a patient's visits are about.

    Of a record that is not open to them nobody reads it where it is restricted, and neither does
    whoever opens records of their own patients only (letter O).
    """
    return is_open or (not patient.restricted and "A" in letters(person, Act.PATIENT_VIEW))


def reason_for(person: Person, visit: Visit) -> str:
    """Return what a visit is about, as far as the list of the day may tell this person.

    Their own visits and their supervisor's they know.
    """
    is_theirs = visit.person_id in (person.pk, person.supervisor_id)
    if reads_reasons(person, visit.patient, is_open=is_theirs):
        return visit.reason
    return "Restricted" if visit.patient.restricted else ""


def visits_of(patient: Patient, *, limit: int = 50) -> list[Visit]:
    """Return a patient's visits, newest first."""
    rows = Visit.objects.filter(practice=patient.practice_id, patient=patient)
    return list(rows.select_related("person").order_by("-starts_at", "-pk")[:limit])


def is_known(visit_id: UUID) -> bool:
    """Say whether a visit is anybody's: one that is not was taken back."""
    return Visit.objects.filter(pk=visit_id).exists()


def visit_of(patient: Patient, visit_id: UUID) -> Visit:
    """Return one of a patient's visits; another patient's looks like none."""
    visit = Visit.objects.filter(practice=patient.practice_id, patient=patient, pk=visit_id).first()
    if visit is None:
        raise NotFound
    return visit


def move_all(
    from_patient: Patient,
    to_patient: Patient,
    *,
    by: Person,
    at: datetime,
    only: Collection[str] | None = None,
) -> list[str]:
    """Move visits when two records are joined (or parted: then `only` those that were moved)."""
    rows = Visit.objects.filter(patient=from_patient)
    if only is not None:
        rows = rows.filter(pk__in=only)
    moved = [str(key) for key in rows.values_list("pk", flat=True)]
    Visit.objects.filter(pk__in=moved).update(patient=to_patient)
    return moved
