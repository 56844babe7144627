"""Copies: the ledger of every place where a photo's pixels exist, and of how each one ends."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet
from django.db.models.functions import Coalesce

from safelight.audit.actor import Acting, Actor
from safelight.audit.log import record
from safelight.consent.models import Consent
from safelight.consent.rules.asking import EMERGENCY
from safelight.lib.refusals import NotFound, Refusal
from safelight.patients.access import own
from safelight.people.duties import Act, letters, require_duty
from safelight.people.models import Person
from safelight.photos.models import Capture, Copy, Photo
from safelight.policy.models import Practice

OUTSIDE_HOLDERS = frozenset(
    {
        Copy.Holder.PHONE,
        Copy.Holder.SHARE,
        Copy.Holder.PACKAGE,
        Copy.Holder.PAPER,
        Copy.Holder.RECIPIENT,
    }
)
"""Holders outside the practice: while one of them holds a copy, the lamp is lit (DESIGN, 1)."""


NOT_ENDED = (Copy.State.HELD, Copy.State.OUT_OF_REACH)
"""Out of reach is no end: what turns up again ends as every copy does."""


class CopyEnded(Refusal):
    """A copy's end is written once."""

    code = "copy_ended"

    def __init__(self) -> None:
        """Say that nothing was changed."""
        super().__init__("This copy has ended already. Nothing was changed.")


class CopyEndsByItself(Refusal):
    """A person cannot declare gone what ends by proof: a phone's copy, or the vault's own."""

    code = "copy_ends_by_itself"

    def __init__(self, message: str, remedy: str) -> None:
        """Say what ends it."""
        super().__init__(message, remedy=remedy)


@dataclass(frozen=True, slots=True)
class Basis:
    """Why a copy may exist: words for the ledger, and the consent behind them if there is one."""

    words: str
    consent_id: Any = None


def care_words(consent: Consent | None) -> str:
    """Return why the record holds a photo, as the ledger says it."""
    if consent is None:
        return "No consent covers it yet"
    if consent.method == EMERGENCY:
        return "Emergency: nobody could be asked, to be reviewed"
    return "Consent to care here"


def begin_copy(
    *,
    practice: Practice,
    holder: Copy.Holder,
    basis: Basis,
    at: datetime,
    photo: Photo | None = None,
    capture: Capture | None = None,
    by: Person | None = None,
    **facts: Any,
) -> Copy:
    """Write a new place in the ledger. The act that makes the copy writes the audit entry.

    A database rule refuses a copy of nothing, and a second phone copy of one capture.
    """
    copy = Copy(
        practice=practice,
        holder=holder,
        outside=holder in OUTSIDE_HOLDERS,
        basis=basis.words,
        consent_id=basis.consent_id,
        photo=photo,
        capture=capture,
        since=at,
        made_by=by,
        **facts,
    )
    copy.save(force_insert=True)
    return copy


@transaction.atomic
def end_copy(
    copy: Copy,
    *,
    by: Person | Actor | Acting | None,
    at: datetime,
    evidence: str,
    state: Copy.State = Copy.State.ENDED,
) -> Copy:
    """Write that a copy is gone, and how we know. A conditional update, so it ends once.

    Or that it is out of reach, which only one that is held can become.
    """
    before = (Copy.State.HELD,) if state == Copy.State.OUT_OF_REACH else NOT_ENDED
    changed = Copy.objects.filter(pk=copy.pk, state__in=before).update(
        state=state,
        ended_at=at,
        ended_by=by if isinstance(by, Person) else None,
        end_evidence=evidence,
    )
    if not changed:
        raise CopyEnded
    copy.refresh_from_db()
    record(
        "copy.ended",
        practice=copy.practice_id,
        by=by,
        at=at,
        of=f"copy:{copy.pk}",
        patient=copy.photo.patient_id if copy.photo else None,
        purpose=copy.holder,
        outcome=state,
        detail=evidence,
    )
    return copy


def copy_for(person: Person, copy_id: UUID, *, at: datetime) -> Copy:
    """Return a copy that this person may account for; elsewhere and nowhere look alike.

    Whose duty is for their own things (letter O) reaches copies they or their supervisor made, and
    those of patients who are theirs.
    """
    require_duty(person, Act.COPY_END)
    rows = Copy.objects.select_related("photo", "photo__patient", "made_by")
    copy = rows.filter(pk=copy_id, practice=person.practice_id).first()
    if copy is None:
        raise NotFound
    if "A" not in letters(person, Act.COPY_END):
        patient = copy.photo.patient if copy.photo else None
        made = copy.made_by_id is not None and copy.made_by_id in (person.pk, person.supervisor_id)
        if not made and (patient is None or not own(person, patient, at=at)):
            raise NotFound
    return copy


def declare_gone(copy: Copy, *, by: Person, at: datetime, evidence: str) -> Copy:
    """End a print that a person destroyed or handed on. What ends by proof cannot be declared."""
    if copy.holder == Copy.Holder.PHONE:
        raise CopyEndsByItself(
            "A phone's copy ends when the phone shows that it is gone.",
            "Open Safelight on that phone, or report the phone lost.",
        )
    if copy.holder == Copy.Holder.SHARE:
        raise CopyEndsByItself(
            "A link's copy ends with the link, and the link is still open.", "Stop the link."
        )
    if not copy.outside:
        raise CopyEndsByItself(
            "This copy is the record itself. It ends when the record may be disposed of.",
            "Ask the privacy officer.",
        )
    return end_copy(copy, by=by, at=at, evidence=evidence)


def where_is(photo: Photo) -> list[Copy]:
    """Return every copy of a photo, those still held first, then by when they began."""
    rows = Copy.objects.filter(photo=photo).select_related("phone", "made_by", "ended_by")
    rank = {Copy.State.HELD: 0}
    return sorted(rows, key=lambda copy: (rank.get(Copy.State(copy.state), 1), copy.since))


def outside_copies(practice: Practice) -> QuerySet[Copy]:
    """Return the copies that are outside the practice now, those due first."""
    return (
        Copy.objects.filter(practice=practice, state=Copy.State.HELD, outside=True)
        .select_related("photo", "phone", "made_by")
        .order_by(Coalesce("due_at", "since"))
    )


def outside_count(practice: Practice) -> int:
    """Return how many copies are outside the practice now: the number beside the lamp."""
    return Copy.objects.filter(practice=practice, state=Copy.State.HELD, outside=True).count()


def overdue_count(practice: Practice, *, at: datetime) -> int:
    """Return how many copies outside should have ended by now."""
    return Copy.objects.filter(
        practice=practice, state=Copy.State.HELD, outside=True, due_at__lt=at
    ).count()


def outside_by_holder(practice: Practice, *, at: datetime) -> dict[str, tuple[int, int]]:
    """Return how many copies each kind of holder has outside, and how many should have ended."""
    rows = Copy.objects.filter(practice=practice, state=Copy.State.HELD, outside=True)
    found = rows.values("holder").annotate(all=Count("id"), late=Count("id", Q(due_at__lt=at)))
    return {row["holder"]: (row["all"], row["late"]) for row in found}


def outside_of(photos: Iterable[Photo], *, at: datetime) -> dict[UUID, tuple[int, int]]:
    """Return how many copies of each photo are outside, and how many of them should have ended."""
    rows = Copy.objects.filter(photo__in=list(photos), state=Copy.State.HELD, outside=True)
    counted = rows.values("photo").annotate(n=Count("id"), late=Count("id", Q(due_at__lt=at)))
    return {row["photo"]: (row["n"], row["late"]) for row in counted.values("photo", "n", "late")}


def next_print_number(photo: Photo) -> int:
    """Return the number for a photo's next print. A database rule refuses the same one twice."""
    newest = Copy.objects.filter(photo=photo, holder=Copy.Holder.PAPER).aggregate(n=Max("number"))
    return (newest["n"] or 0) + 1
