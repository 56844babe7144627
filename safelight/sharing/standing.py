"""Standing: whether this person may do this with photos of these patients, now."""

from collections.abc import Iterable
from datetime import datetime

from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.lib.refusals import NotAllowed, NotFound, StepUp
from safelight.patients.access import Way, own, patient_for, way_to
from safelight.patients.models import Patient
from safelight.people.duties import Act, letters, may, needs_step_up, require_duty
from safelight.people.models import Person
from safelight.photos.access import Form, NoExport, require_sight
from safelight.photos.models import Photo
from safelight.sharing.models import Release


def require_acts(
    person: Person,
    acts: Iterable[Act],
    *,
    patients: Iterable[Patient],
    at: datetime,
    stepped_up: bool,
    way_back: str = "/",
) -> None:
    """Refuse unless every act is among the person's duties.

    Letter O asks that the patients are their own, letter S for a fresh signature.
    """
    patients = list(patients)
    for act in acts:
        require_duty(person, act)
        found = letters(person, act)
        if found == {"O"} and not all(own(person, patient, at=at) for patient in patients):
            raise NotAllowed(
                "Not done. Your duties cover this for your own patients only.",
                remedy="Ask your supervisor.",
            )
        if needs_step_up(person, act) and not stepped_up:
            raise StepUp(way_back)


def require_may_leave_by(
    person: Person, photo: Photo, *, at: datetime, stepped_up: bool = False
) -> None:
    """Refuse unless the person may see this photo now, plainly.

    What was opened past a wall with a reason is looked at and goes no further (security-design, 8).
    """
    require_sight(person, photo, form=Form.VIEW, at=at, stepped_up=stepped_up)
    if photo.patient is None:
        raise NotFound
    if way_to(person, photo.patient, at=at) is Way.BREAK_GLASS:
        raise NoExport


def require_share_sight(person: Person, release: Release, *, at: datetime) -> None:
    """Refuse what a share holds of its patient to whoever may not open that patient's record."""
    require_practice(release, person)
    if release.patient is not None:
        patient_for(person, release.patient.pk, at=at)
    elif not any(may(person, act) for act in (Act.TEACHING_MAKE, Act.TEACHING_APPROVE)):
        require_duty(person, Act.TEACHING_MAKE)


def require_practice(release: Release, person: Person) -> None:
    """Refuse another practice's release as if there were none."""
    if release.practice_id != person.practice_id:
        raise NotFound


def back_to(release: Release) -> str:
    """Return the page of a release, to come back to after signing again."""
    return f"/shares/{release.pk}"


def note(
    action: str,
    release: Release,
    *,
    by: Person | Actor | None,
    at: datetime,
    outcome: str = "done",
    detail: str = "",
) -> None:
    """Write what was done with a release, in the caller's transaction."""
    record(
        action,
        practice=release.practice_id,
        by=by,
        at=at,
        of=f"release:{release.pk}",
        patient=release.patient_id,
        purpose=release.use,
        outcome=outcome,
        detail=detail,
    )
