"""Announcing: a photo is in the ledger as soon as its phone says that it holds it."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.lib.refusals import NotFound
from safelight.people.models import Person, Phone
from safelight.photos.copies import Basis, begin_copy
from safelight.photos.models import Capture, Copy


def announce(
    phone: Phone,
    capture_id: UUID,
    *,
    kind: Capture.Kind,
    sealed_at: datetime | None,
    at: datetime,
) -> Capture:
    """Note that a phone holds a capture. Known already: nothing changes. Another's: not found."""
    known = next(iter(Capture.objects.filter(pk=capture_id)), None)  # by its key: nothing to sort
    if known is None:
        try:
            known = _new_capture(phone, capture_id, kind=kind, sealed_at=sealed_at, at=at)
        except IntegrityError:  # another request of the phone was first
            known = Capture.objects.get(pk=capture_id)
    if known.phone_id != phone.pk:
        raise NotFound
    return known


@transaction.atomic
def _new_capture(
    phone: Phone,
    capture_id: UUID,
    *,
    kind: Capture.Kind,
    sealed_at: datetime | None,
    at: datetime,
) -> Capture:
    """Add the row, its entry, and for a photo the copy on the phone. Of two at once one fails."""
    capture = Capture(
        pk=capture_id,
        practice=phone.practice,
        phone=phone,
        person=phone.signed_out_to or phone.owner,
        kind=kind,
        state=Capture.State.ANNOUNCED,
        sealed_at=sealed_at,
        announced_at=at,
    )
    capture.save(force_insert=True)
    if kind == Capture.Kind.PHOTO:
        begin_copy(
            practice=phone.practice,
            capture=capture,
            holder=Copy.Holder.PHONE,
            basis=Basis("Taken for care, on its way to the record"),
            at=sealed_at or at,
            by=capture.person,
            holder_name=phone.name,
            phone=phone,
            evidence="Sealed at the shutter; this phone cannot open it",
        )
    record(
        "capture.announced",
        practice=phone.practice_id,
        by=sender(phone, capture.person),
        at=at,
        of=f"capture:{capture.pk}",
        purpose=kind,
    )
    return capture


def sender(phone: Phone, person: Person | None) -> Actor:
    """Return who sends: the phone, and its person as far as a sealed capsule tells."""
    role = "+".join(person.roles) if person else ""
    return Actor(id=person.pk if person else None, role=role, phone=phone.pk)
