"""Matching: a photo that came without a patient gets one, on a consent that covers it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import ngettext

from safelight.audit.log import record
from safelight.consent.reading import consent_of_photo
from safelight.lib.refusals import Refusal
from safelight.patients.access import patient_for
from safelight.patients.models import Patient, Visit
from safelight.patients.visits import add_visit
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.photos.access import Form, require_sight
from safelight.photos.alarms import end_alarms
from safelight.photos.models import Alarm, Photo
from safelight.photos.moving import rebind
from safelight.photos.waiting import record_waiting

MATCHED = "Matched to its patient"


class AlreadyMatched(Refusal):
    """The photo has a patient. To change that is a move, with a reason."""

    code = "already_matched"

    def __init__(self) -> None:
        """Say how to go on."""
        super().__init__(
            "This photo was matched meanwhile. Nothing was changed.",
            remedy="If it is the wrong patient, move it with a reason.",
        )


class NotCovered(Refusal):
    """Nothing this patient agreed to covers the photo, so it stays in the tray."""

    code = "no_consent"
    status = 403

    def __init__(self) -> None:
        """Say what would be needed."""
        super().__init__(
            "Not matched. No consent of this patient covers the photo.",
            remedy="Record the consent first, then match it. The photo stays where it is.",
        )


class NotAllCovered(Refusal):
    """Nothing this patient agreed to covers some of the photos, so all of them stay in the tray."""

    code = "not_all_covered"
    status = 403

    def __init__(self, lacking: int, of: int) -> None:
        """Say how many, and how to go on."""
        words = ngettext(
            "None matched. %(lacking)d of the %(of)d photos is covered by no consent"
            " of this patient.",
            "None matched. %(lacking)d of the %(of)d photos are covered by no consent"
            " of this patient.",
            lacking,
        )
        super().__init__(
            words % {"lacking": lacking, "of": of},
            remedy="Record the consent first, or match by themselves those that are covered.",
        )


@transaction.atomic
def match_together(
    photos: Iterable[Photo],
    *,
    patient: Patient,
    by: Person,
    at: datetime,
    visit: Visit | None = None,
    new_visit: bool = False,
    stepped_up: bool = False,
) -> list[Photo]:
    """Match the photos of one sitting with one answer: all of them, or none.

    Each is matched as by itself, with its own consent, key and entry. A visit is added with their
    taker, and only after it is sure that the matcher may open the record without it.
    """
    require_duty(by, Act.PHOTO_MATCH)
    patient = patient_for(by, patient.pk, at=at, stepped_up=stepped_up)
    waiting = sorted(photos, key=lambda photo: (photo.taken_at, photo.pk))
    if new_visit and waiting:
        first = waiting[0]
        visit = add_visit(patient, clinician=first.taken_by, starts_at=first.taken_at, by=by, at=at)
    matched = []
    for photo in waiting:
        try:
            matched.append(
                match_photo(
                    photo, patient=patient, visit=visit, by=by, at=at, stepped_up=stepped_up
                )
            )
        except NotCovered:
            if len(waiting) == 1:
                raise
    if len(matched) < len(waiting):
        raise NotAllCovered(len(waiting) - len(matched), len(waiting))
    return matched


@transaction.atomic
def match_photo(
    photo: Photo,
    *,
    patient: Patient,
    by: Person,
    at: datetime,
    visit: Visit | None = None,
    stepped_up: bool = False,
) -> Photo:
    """Put a waiting photo into a patient's record, and record the consent that came with it.

    The key is bound to the patient in the same transaction. Without a covering consent, or a
    record the matcher may open, nothing happens; matched by somebody else first, neither.
    """
    require_duty(by, Act.PHOTO_MATCH)
    if photo.patient_id is not None:
        raise AlreadyMatched
    require_sight(by, photo, form=Form.PAGE, at=at)
    patient = patient_for(by, patient.pk, at=at, stepped_up=stepped_up)
    if photo.waiting_consent is not None:
        record_waiting(photo.waiting_consent, patient, by=by, at=at)
    consent = consent_of_photo(
        patient,
        taken_at=photo.taken_at,
        at=at,
        site_code=photo.site_code,
        side=photo.side,
        visit=visit,
        preferred=photo.waiting_consent_id,
    )
    if consent is None:
        raise NotCovered
    matched = rebind(photo, patient, visit=visit, consent=consent, by=by, at=at, reason=MATCHED)
    end_alarms(Alarm.Kind.UNMATCHED, [f"photo:{photo.pk}"], at=at, by=by)
    record(
        "photo.matched",
        practice=photo.practice_id,
        by=by,
        at=at,
        of=f"photo:{photo.pk}",
        patient=patient.pk,
    )
    return matched
