"""Moving: a photo in the wrong record goes to the right one, and both histories keep the line."""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import Final

from django.db import transaction

from safelight.audit.log import record
from safelight.consent.models import Consent
from safelight.consent.reading import consent_of_photo
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.patients.access import patient_for
from safelight.patients.models import Patient, Visit
from safelight.patients.visits import VisitInUse, cancel_visit, only_visit_on
from safelight.people.duties import Act, may, require_duty
from safelight.people.models import Person
from safelight.photos import rules
from safelight.photos.access import Form, require_sight
from safelight.photos.copies import care_words
from safelight.photos.drafting import words_of
from safelight.photos.models import Copy, Move, Photo
from safelight.vault.sealing import rewrap

LONGEST_REASON: Final = 300
JOINED: Final = "Two records of one patient were joined or parted"


class MovedMeanwhile(Refusal):
    """The photo is not where it was when the page was shown. Nothing was changed."""

    code = "moved_meanwhile"

    def __init__(self) -> None:
        """Say to look again."""
        super().__init__(
            "Not moved. The photo is in another record by now.", remedy="Open it again and look."
        )


@transaction.atomic
def move_photo(
    photo: Photo,
    to: Patient,
    *,
    reason: str,
    by: Person,
    at: datetime,
    visit: Visit | None = None,
    stepped_up: bool = False,
) -> Photo:
    """Move a photo to another patient of the practice. Whoever moves it may open both records.

    Its key is bound to the new patient: under the old one it can no longer be opened. It keeps a
    consent only if one of the new patient's covers it; until then it may not leave. Without a
    visit said it goes into the new patient's only one of the day on which it was taken. A visit
    that was added with it, and that nothing else names, was none of the patient it left.
    """
    require_duty(by, Act.PHOTO_MOVE)
    require_sight(by, photo, form=Form.PAGE, at=at, stepped_up=stepped_up)
    to = patient_for(by, to.pk, at=at, stepped_up=stepped_up)
    words = " ".join(reason.split())
    if not words or len(words) > LONGEST_REASON:
        raise BadInput(f"Not moved. Say why, in up to {LONGEST_REASON} characters.")
    if photo.patient_id is None:
        raise BadInput("Not moved. This photo has no patient yet: match it instead.")
    if photo.patient_id == to.pk:
        raise BadInput("Not moved. The photo is in that record already.")
    visit = visit or only_visit_on(to, person=photo.taken_by, at=photo.taken_at)
    consent = consent_of_photo(
        to,
        taken_at=photo.taken_at,
        at=at,
        site_code=photo.site_code,
        side=photo.side,
        visit=visit,
    )
    was, left = photo.patient_id, photo.visit
    moved = rebind(photo, to, visit=visit, consent=consent, by=by, at=at, reason=words)
    if left is not None and may(by, Act.VISIT_EDIT) and _came_with_a_photo(left):
        with suppress(VisitInUse):
            cancel_visit(left, by=by, at=at)
    for patient, outcome in ((was, "out"), (to.pk, "in")):
        record(
            "photo.moved",
            practice=photo.practice_id,
            by=by,
            at=at,
            of=f"photo:{photo.pk}",
            patient=patient,
            outcome=outcome,
            detail=words,
        )
    return moved


def _came_with_a_photo(visit: Visit) -> bool:
    """Say whether a visit was added with a photo that has left its patient: nobody booked it.

    Such a visit begins at the instant of the photo, with who took it, and says nothing else.
    """
    with_them = Photo.objects.filter(taken_by=visit.person_id, taken_at=visit.starts_at)
    return not visit.reason and with_them.filter(moves__from_patient=visit.patient_id).exists()


def rebind(
    photo: Photo,
    to: Patient,
    *,
    visit: Visit | None,
    consent: Consent | None,
    by: Person,
    at: datetime,
    reason: str,
) -> Photo:
    """Bind a photo's key and row to another patient, if it still is where the caller saw it.

    It is for acts that checked duty and access; it runs in their transaction and locks the row.
    """
    if to.practice_id != photo.practice_id or (visit and visit.patient_id != to.pk):
        raise NotFound
    if Patient.objects.select_for_update().get(pk=to.pk).merged_into_id is not None:
        raise MovedMeanwhile
    row = Photo.objects.select_for_update().get(pk=photo.pk)
    if row.patient_id != photo.patient_id:
        raise MovedMeanwhile
    _hand_over(row, to, by=by, at=at, reason=reason).save()
    row.visit, row.consent = visit, consent
    row.incomplete = bool(rules.missing(words_of(row)))
    row.save(update_fields=["patient", "visit", "consent", "incomplete", "wrapped_key"])
    Copy.objects.filter(photo=row, holder=Copy.Holder.VAULT).update(
        consent=consent, basis=care_words(consent)
    )
    return row


def _hand_over(photo: Photo, to: Patient, *, by: Person, at: datetime, reason: str) -> Move:
    """Bind a photo and its key to a patient; return the line that tells of it. Neither is saved."""
    move = Move(
        photo=photo,
        from_patient_id=photo.patient_id,
        to_patient=to,
        reason=reason,
        at=at,
        by=by,
    )
    photo.wrapped_key = rewrap(
        photo.wrapped_key,
        practice=photo.practice_id,
        photo=photo.pk,
        old_patient=photo.patient_id,
        new_patient=to.pk,
    )
    photo.patient = to
    return move


@transaction.atomic
def move_all(
    from_patient: Patient,
    to_patient: Patient,
    *,
    by: Person,
    at: datetime,
    only: Collection[str] | None = None,
) -> list[str]:
    """Move every photo when two records are joined (or parted: `only` those that were moved).

    Visits and consents move beside them, so a photo keeps its own. The merge checked the duty.
    """
    if from_patient.practice_id != to_patient.practice_id:
        raise NotFound
    photos = Photo.objects.select_for_update().filter(patient=from_patient)
    if only is not None:
        photos = photos.filter(pk__in=list(only))
    moves = []
    for photo in photos:
        moves.append(_hand_over(photo, to_patient, by=by, at=at, reason=JOINED))
        photo.save(update_fields=["patient", "wrapped_key"])
    Move.objects.bulk_create(moves)
    ids = [str(move.photo_id) for move in moves]
    for patient, outcome in ((from_patient, "out"), (to_patient, "in")):
        if ids:
            record(
                "photo.moved",
                practice=patient.practice_id,
                by=by,
                at=at,
                of=f"patient:{patient.pk}",
                patient=patient.pk,
                purpose="merge",
                outcome=outcome,
                detail=" ".join(ids),
            )
    return ids
