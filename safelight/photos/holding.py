"""Holding: what a phone says it still holds, and what it says is gone from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from safelight.audit.actor import Actor
from safelight.lib.refusals import NotFound
from safelight.people.models import Phone
from safelight.photos.alarms import raise_alarm
from safelight.photos.announcing import announce
from safelight.photos.copies import NOT_ENDED, end_copy
from safelight.photos.models import Alarm, Capture, Copy

HOW: Final = {
    Capture.State.FILED: "It had the filed receipt",
    Capture.State.REFUSED: "It was refused here",
}
"""How it stood with a capture that its phone forgot; any other was lost."""


@dataclass(frozen=True, slots=True)
class Held:
    """One sealed item on a phone."""

    id: UUID
    sealed_at: datetime
    kind: Capture.Kind = Capture.Kind.PHOTO


def note_held(phone: Phone, held: Sequence[Held], *, at: datetime) -> None:
    """Write every item that is new to us into the ledger: shot, and so a copy outside.

    An id that belongs to another phone is passed over; a phone cannot speak for another.
    """
    known = set(
        Capture.objects.filter(pk__in=[item.id for item in held]).values_list("pk", flat=True)
    )
    for item in held:
        if item.id in known:
            continue
        try:
            announce(phone, item.id, kind=item.kind, sealed_at=item.sealed_at, at=at)
        except NotFound:
            continue


def note_gone(phone: Phone, gone: Sequence[UUID], *, at: datetime) -> int:
    """End the phone's copies of what it says it forgot; return how many ended now.

    A photo that went before it was filed is lost, and a person hears of it at once.
    """
    captures = Capture.objects.filter(phone=phone, pk__in=gone, gone_at__isnull=True)
    return sum(_note_one(phone, capture, at=at) for capture in captures.select_related("practice"))


def note_log_doubted(phone: Phone, *, at: datetime) -> None:
    """Call a person: a phone saw our log as it is no longer. It says so until it is added anew."""
    raise_alarm(Alarm.Kind.LOG, practice=phone.practice, about=f"phone:{phone.pk}", at=at)


@transaction.atomic
def _note_one(phone: Phone, capture: Capture, *, at: datetime) -> int:
    if not Capture.objects.filter(pk=capture.pk, gone_at__isnull=True).update(gone_at=at):
        return 0
    said = HOW.get(Capture.State(capture.state))
    copy = Copy.objects.filter(
        capture=capture, holder=Copy.Holder.PHONE, state__in=NOT_ENDED
    ).first()
    if copy is not None:
        end_copy(
            copy,
            by=Actor(id=capture.person_id, role="phone", phone=phone.pk),
            at=at,
            evidence=f"{said or 'It was never filed'}; the phone says it is gone",
        )
    if not said:
        raise_alarm(
            Alarm.Kind.LOST, practice=capture.practice, about=f"capture:{capture.pk}", at=at
        )
    return 1
