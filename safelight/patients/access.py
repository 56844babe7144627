"""Access: whose record a person may open, and what stands in the way (security-design, 8)."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from safelight.lib.refusals import Refusal, StepUp
from safelight.patients.models import BreakGlass, Patient, Visit
from safelight.patients.reading import named
from safelight.people.duties import Act, letters, may, require_duty
from safelight.people.models import Person
from safelight.policy.dates import local_day, months_on
from safelight.policy.settings import setting

AHEAD = timedelta(days=1)  # a visit booked for today or tomorrow already counts as care


class Way(StrEnum):
    """How a person comes to a record. A break-glass way never exports."""

    CARE = "care"
    OWN = "own"
    BREAK_GLASS = "break_glass"
    OFFICER = "officer"


class WallUp(Refusal):
    """The record is there, and this person needs a reason to open it."""

    code = "walled"
    status = 403
    way_on_words = "Open it with a reason"

    def __init__(self, patient: Patient, *, may_break: bool) -> None:
        """Say why in one of two sentences, and the way on if the person's duties have one."""
        super().__init__(
            "This record is restricted."
            if patient.restricted
            else "This patient is not in your care.",
            remedy=(
                "You can open it for 30 minutes with a reason. The privacy officer is told."
                if may_break
                else "Ask your supervisor, or a GP who looks after this patient."
            ),
        )
        self.way_on = f"/break-glass/{patient.pk}" if may_break else ""


def patient_for(
    person: Person, patient_id: UUID, *, at: datetime, stepped_up: bool = False
) -> Patient:
    """Return a patient whose record and photos this person may open now, or refuse.

    Another practice's patient looks like nobody. A joined record leads to the one kept: compare
    the id. `stepped_up` says whether the door saw a fresh signature, which letter S asks for.
    """
    patient = named(person, patient_id)
    if not (letters(person, Act.PHOTO_VIEW) | letters(person, Act.PHOTO_VIEW_WALLED)):
        require_duty(person, Act.PHOTO_VIEW)
    way = way_to(person, patient, at=at)
    if way is None:
        raise WallUp(patient, may_break="B" in letters(person, Act.PHOTO_VIEW_WALLED))
    if way is Way.OFFICER and not stepped_up:
        raise StepUp(f"/patients/{patient.pk}")
    return patient


def identity_for(person: Person, patient_id: UUID, *, at: datetime) -> Patient:
    """Return a patient whose details this person may read and change; photos are not meant.

    Reception and managers reach every patient's details, as their desk does. A restricted record
    is for those who can open it, and for the manager and privacy officer.
    """
    require_duty(person, Act.PATIENT_VIEW)
    patient = named(person, patient_id)
    only_own = letters(person, Act.PATIENT_VIEW) == {"O"}
    officer = may(person, Act.PATIENT_VIEW_RESTRICTED)
    walled = only_own or (patient.restricted and not officer)
    if walled and way_to(person, patient, at=at) is None:
        raise WallUp(patient, may_break="B" in letters(person, Act.PHOTO_VIEW_WALLED))
    return patient


def way_to(person: Person, patient: Patient, *, at: datetime) -> Way | None:
    """Return how the person comes to this record, or None if a wall stands before it."""
    if person.practice_id != patient.practice_id:
        return None
    view, walled = letters(person, Act.PHOTO_VIEW), letters(person, Act.PHOTO_VIEW_WALLED)
    if not patient.restricted:
        if "A" in view and in_care(person, patient, at=at):
            return Way.CARE
        if "O" in view and own(person, patient, at=at):
            return Way.OWN
    if "B" in walled and live_grant(person, patient, at=at):
        return Way.BREAK_GLASS
    return Way.OFFICER if "S" in walled else None


def in_care(person: Person, patient: Patient, *, at: datetime) -> bool:
    """Say whether the practice looks after this patient: a visit in the window, or a usual GP."""
    return patient.usual_gp_id == person.pk or _visits(patient, at).exists()


def own(person: Person, patient: Patient, *, at: datetime) -> bool:
    """Say whether the patient is the person's own or their supervisor's (letter O)."""
    people = [one for one in (person.pk, person.supervisor_id) if one]
    return (
        patient.usual_gp_id in people or _visits(patient, at).filter(person_id__in=people).exists()
    )


def _visits(patient: Patient, at: datetime) -> QuerySet[Visit]:
    zone = patient.practice.zone
    since = months_on(local_day(at, zone), -int(setting(patient.practice, "care_window_months")))
    start = datetime(since.year, since.month, since.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return Visit.objects.filter(patient=patient, starts_at__gte=start, starts_at__lte=at + AHEAD)


def live_grant(person: Person, patient: Patient, *, at: datetime) -> BreakGlass | None:
    """Return the person's break-glass for this one patient, while it lasts."""
    return (
        BreakGlass.objects.filter(person=person, patient=patient, at__lte=at, ends_at__gt=at)
        .order_by("-ends_at")
        .first()
    )
