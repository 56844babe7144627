"""Editing: a patient's details change, and what they were before is kept."""

from datetime import datetime

from django.db import IntegrityError, transaction

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.patients.access import WallUp, way_to
from safelight.patients.breaking_glass import note_way_in
from safelight.patients.details import WORDS, Details, DetailsWrong, plain, tidy
from safelight.patients.keeping import change_row, columns, require_sound, snapshot
from safelight.patients.models import Identifier, Patient
from safelight.patients.reading import KINDS, details_of, look_over
from safelight.people.duties import Act, may, require_duty
from safelight.people.models import Person

LONGEST_REASON = 200


class ChangedMeanwhile(Refusal):
    """Somebody else changed the details after this page was opened. Nothing was changed."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        """Say what to do; the other change stands."""
        super().__init__(
            "Not changed. Somebody else changed these details while the page was open.",
            remedy="Open the page again: it shows what they are now.",
        )


@transaction.atomic
def edit_patient(
    patient: Patient,
    details: Details,
    *,
    by: Person,
    at: datetime,
    sure: bool = False,
    reason: str = "",
    seen: int | None = None,
) -> Patient:
    """Change a patient's details, keeping what they were. The same details again change nothing.

    `seen` is the newest change the editor's page showed: a change made since then is not overrun.
    """
    require_duty(by, Act.PATIENT_EDIT)
    patient = _locked(patient, by)
    if seen is not None and seen != newest_change(patient):
        raise ChangedMeanwhile
    before, details = details_of(patient), tidy(details)
    if details == before:
        return patient
    require_sound(look_over(by.practice, details, but=patient.pk), sure=sure)
    way = way_to(by, patient, at=at)
    save_details(patient, before, details)
    change_row(patient, "edited", by=by, at=at, before=before, reason=plain(reason)[:300]).save()
    record(
        "patient.edited",
        practice=by.practice_id,
        by=by,
        of=f"patient:{patient.pk}",
        patient=patient.pk,
        at=at,
        detail="Changed: " + ", ".join(changed_words(before, details)),
    )
    said = plain(reason) or "No reason was written with the change"
    note_way_in(patient, way, how="usual_gp", words=said[:300], by=by, at=at, counts_at=at)
    return patient


def _locked(patient: Patient, by: Person) -> Patient:
    rows = Patient.objects.select_for_update().filter(pk=patient.pk, practice=by.practice_id)
    row = rows.first()
    if row is None:
        raise NotFound
    return row


def newest_change(patient: Patient) -> int:
    """Return the number of a patient's newest change, 0 before there is one."""
    return patient.changes.order_by("-pk").values_list("pk", flat=True).first() or 0


def save_details(patient: Patient, before: Details, after: Details) -> None:
    """Write only what differs. An identifier of a kind takes the place of the one shown before."""
    old, new = columns(before), columns(after)
    changed = [name for name in new if new[name] != old[name]]
    for name in changed:
        setattr(patient, name, new[name])
    if changed:
        try:
            with transaction.atomic():
                patient.save(update_fields=[name.removesuffix("_id") for name in changed])
        except IntegrityError:
            raise DetailsWrong(
                {"record_number": "Another record was just given this number."}
            ) from None
    for kind in KINDS:
        was, now = getattr(before, kind), getattr(after, kind)
        if was != now:
            Identifier.objects.filter(patient=patient, kind=kind, value__in=(was, now)).delete()
            if now:
                Identifier.objects.create(patient=patient, kind=kind, value=now)


def changed_words(before: Details, after: Details) -> list[str]:
    """Name the fields that differ, in the words of the page; never what they held."""
    old, new = snapshot(before), snapshot(after)
    return [words for name, words in WORDS.items() if old.get(name) != new.get(name)]


@transaction.atomic
def restrict(
    patient: Patient, restricted: bool, *, reason: str, by: Person, at: datetime
) -> Patient:
    """Put a record behind the wall, or take it out, with a reason. Both act at once.

    Everybody then needs break-glass, those who care for the patient too (security-design, 8). A
    GP lifts it only from inside: otherwise the wall would open to whoever takes it down.
    """
    require_duty(by, Act.PATIENT_RESTRICT)
    patient = _locked(patient, by)
    if patient.restricted == restricted:
        return patient
    is_inside = may(by, Act.PATIENT_VIEW_RESTRICTED) or way_to(by, patient, at=at)
    if patient.restricted and not is_inside:
        raise WallUp(patient, may_break=True)
    words = plain(reason)
    if not words or len(words) > LONGEST_REASON:
        raise BadInput(f"Not changed. Say why, in up to {LONGEST_REASON} characters.")
    patient.restricted, patient.restricted_reason = restricted, words if restricted else ""
    patient.save(update_fields=["restricted", "restricted_reason"])
    state = "on" if restricted else "off"
    change_row(patient, f"restricted_{state}", by=by, at=at, reason=words).save()
    record(
        "patient.restricted",
        practice=by.practice_id,
        by=by,
        of=f"patient:{patient.pk}",
        patient=patient.pk,
        at=at,
        outcome=state,
        detail=words,
    )
    return patient
