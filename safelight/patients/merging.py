"""Merging: two records of one patient become one, and can be parted again."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.patients.access import patient_for
from safelight.patients.details import plain
from safelight.patients.keeping import change_row
from safelight.patients.models import Identifier, Merge, Patient, Push
from safelight.patients.reading import details_of
from safelight.people.duties import Act, letters, require_duty
from safelight.people.models import Person

LONGEST_REASON = 300
WIRED = "patients.movers."  # the wiring table's names for movers of the floors above
OWN_MOVERS = ("safelight.patients.visits.move_all",)


class CannotMerge(Refusal):
    """These two records cannot be joined, or parted. Nothing was changed."""

    code = "cannot_merge"


class Mover(Protocol):
    """Moves what a floor above keeps for a patient, inside the merge's transaction."""

    def __call__(
        self,
        from_patient: Patient,
        to_patient: Patient,
        *,
        by: Person,
        at: datetime,
        only: Collection[str] | None = None,
    ) -> Sequence[str]:
        """Move everything, or `only` the ids an earlier call returned; return the ids moved."""
        ...


def movers() -> dict[str, Mover]:
    """Return every mover by its dotted name: our own, then those the wiring table names."""
    table: dict[str, str] = settings.SAFELIGHT_WIRING
    wired = [path for name, path in table.items() if name.startswith(WIRED)]
    return {path: import_string(path) for path in (*OWN_MOVERS, *wired)}


@transaction.atomic
def merge_patients(keep: Patient, gone: Patient, *, reason: str, by: Person, at: datetime) -> Merge:
    """Join two records of one patient: all moves to `keep`, and `gone` leads there from now on.

    Nothing is deleted. What moved is noted, so that parting moves back exactly that. A restriction
    on either stays, or joining would be a way round the wall.
    """
    require_duty(by, Act.PATIENT_MERGE)
    keep, gone = _both(keep, gone, by=by)
    words = _reason(reason)
    if letters(by, Act.PHOTO_VIEW):  # those who see photos must already be able to see both
        for one in (keep, gone):
            patient_for(by, one.pk, at=at, stepped_up=True)
    merge = Merge(practice=by.practice, keep=keep, gone=gone, reason=words, by=by, at=at)
    before = {one.pk: details_of(one) for one in (keep, gone)}
    for name, move in movers().items():
        merge.moved[name] = list(move(gone, keep, by=by, at=at))
    merge.moved["identifiers"] = _keep_numbers(keep, gone)
    merge.moved["restricted"] = gone.restricted and not keep.restricted
    if merge.moved["restricted"]:
        keep.restricted, keep.restricted_reason = True, gone.restricted_reason
        keep.save(update_fields=["restricted", "restricted_reason"])
    gone.merged_into = keep
    gone.save(update_fields=["merged_into"])
    Push.objects.filter(patient=gone, seen_at__isnull=True).delete()  # it named the wrong record
    merge.save()
    for one in (keep, gone):
        row = change_row(one, "merged", by=by, at=at, before=before[one.pk], reason=words)
        row.save()
        _log("patient.merged", merge, one, by=by, at=at, words=words)
    return merge


@transaction.atomic
def undo_merge(merge: Merge, *, reason: str, by: Person, at: datetime) -> Merge:
    """Part two records that were joined by mistake: exactly what moved then moves back.

    What was added since stays with the record kept, because only a person can say whose it is.
    """
    require_duty(by, Act.PATIENT_MERGE)
    found = Merge.objects.select_for_update().filter(pk=merge.pk, practice=by.practice_id).first()
    if found is None:
        raise NotFound
    if (merge := found).undone_at is not None:
        return merge
    words = _reason(reason)
    rows = Patient.objects.select_for_update().filter(pk__in=(merge.keep_id, merge.gone_id))
    both = {one.pk: one for one in rows.order_by("pk")}
    keep, gone = both[merge.keep_id], both[merge.gone_id]
    if keep.merged_into_id is not None:
        raise CannotMerge(
            "Not parted. The record kept was itself joined to another since.",
            remedy="Part the later join first.",
        )
    gone.merged_into = None
    gone.save(update_fields=["merged_into"])
    for name, move in movers().items():
        move(keep, gone, by=by, at=at, only=merge.moved.get(name, []))
    Identifier.objects.filter(patient=keep, pk__in=merge.moved["identifiers"]).delete()
    if merge.moved["restricted"] and keep.restricted:
        _lift(keep, merge)
    merge.undone_at, merge.undone_by, merge.undone_reason = at, by, words
    merge.save(update_fields=["undone_at", "undone_by", "undone_reason"])
    for one in (keep, gone):
        change_row(one, "unmerged", by=by, at=at, reason=words).save()
        _log("patient.unmerged", merge, one, by=by, at=at, words=words)
    return merge


def _lift(keep: Patient, merge: Merge) -> None:
    """Lift the restriction that a join brought, unless another one stands behind it.

    One that somebody set on the record kept since then stays; of another restricted record that
    is still joined to it, the restriction becomes that join's own.
    """
    if keep.changes.filter(act="restricted_on", at__gte=merge.at).exists():
        return
    joined = Merge.objects.filter(keep=keep, undone_at=None, gone__restricted=True)
    other = joined.exclude(pk=merge.pk).select_related("gone").order_by("at").first()
    if other is not None:
        other.moved["restricted"] = True
        other.save(update_fields=["moved"])
    keep.restricted = other is not None
    keep.restricted_reason = other.gone.restricted_reason if other else ""
    keep.save(update_fields=["restricted", "restricted_reason"])


def _both(keep: Patient, gone: Patient, *, by: Person) -> tuple[Patient, Patient]:
    """Lock both rows, always in one order, and refuse what cannot be joined."""
    rows = Patient.objects.select_for_update().filter(
        pk__in=(keep.pk, gone.pk), practice=by.practice_id
    )
    both = {one.pk: one for one in rows.order_by("pk")}
    if len(both) != 2:
        raise CannotMerge(
            "Not joined. These are not two records of this practice.",
            remedy="Choose two different records.",
        )
    if any(one.merged_into_id for one in both.values()):
        raise CannotMerge(
            "Not joined. One of these was already joined to another record.",
            remedy="Search again: only the record kept is found.",
        )
    return both[keep.pk], both[gone.pk]


def _reason(reason: str) -> str:
    words = plain(reason)
    if not words or len(words) > LONGEST_REASON:
        raise BadInput(f"Nothing was changed. Say why, in up to {LONGEST_REASON} characters.")
    return words


def _keep_numbers(keep: Patient, gone: Patient) -> list[int]:
    """Copy the numbers of the record that goes, so the patient is still found by them.

    A kind that `keep` has already keeps its own value; the other becomes a plain number.
    """
    held = {(one.kind, one.value) for one in keep.identifiers.all()}
    kinds = {kind for kind, _ in held}
    other = Identifier.Kind.OTHER.value
    wanted = [(other, gone.record_number)]
    for one in gone.identifiers.all():
        wanted.append((other if one.kind in kinds else one.kind, one.value))
    values = {value for _, value in held}
    rows = [
        Identifier.objects.create(patient=keep, kind=kind, value=value)
        for kind, value in dict.fromkeys(wanted)
        if value not in values
    ]
    return [row.pk for row in rows]


def _log(
    action: str, merge: Merge, patient: Patient, *, by: Person, at: datetime, words: str
) -> None:
    """Write the entry in both histories, so that each tells where the other went."""
    record(
        action,
        practice=by.practice_id,
        by=by,
        of=f"merge:{merge.pk}",
        patient=patient.pk,
        at=at,
        detail=words,
    )
