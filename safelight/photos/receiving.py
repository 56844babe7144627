"""Receiving: a sealed capsule comes from a phone in pieces, becomes durable, earns its receipt.

Order of writes: security-design, section 4. The inbox makes the bytes durable; only then do row
and log entry go into one transaction, and the receipt into that row. Whoever asks again, after any
crash and in any number of requests at once, gets the same receipt.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from safelight.audit.checkpoints import edge
from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.people.models import Phone
from safelight.photos import rules
from safelight.photos.alarms import raise_alarm
from safelight.photos.announcing import announce, sender
from safelight.photos.models import Alarm, Capture
from safelight.photos.places import inbox
from safelight.photos.receipts import STORED, receipt_of, receipt_text, signed
from safelight.policy.settings import setting
from safelight.vault.blobs import NAME
from safelight.vault.capsules import MAX_HEADER_BYTES, MAX_META_BYTES, OVERHEAD_BYTES
from safelight.vault.inbox import Arrival, OtherContent

ROOM_FOR_WORDS = 8 + MAX_HEADER_BYTES + OVERHEAD_BYTES + 4 + MAX_META_BYTES


class PhotoTooLarge(Refusal):
    """More bytes than the practice takes for one photo (G8). Nothing was kept."""

    code = "photo_too_large"
    status = 413


class TooManyAtOnce(Refusal):
    """A phone began more than sixty in a minute. Nothing is lost: it sends the rest later."""

    code = "too_many"
    status = 429


class NotBegun(Refusal):
    """A piece came for something whose size and hash were never said."""

    code = "not_begun"


class ContentConflict(Refusal):
    """Other bytes under the number of a photo that is here already. They stay on the phone."""

    code = "other_content"


@dataclass(frozen=True, slots=True)
class Offer:
    """What a phone says it is about to send."""

    size: int
    sha256: str
    kind: Capture.Kind = Capture.Kind.PHOTO
    sealed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a capture has come: what the phone needs to go on, or to forget."""

    state: str
    offset: int
    receipt: dict[str, str] | None = None
    refused: dict[str, str] | None = None


def begin_sending(phone: Phone, capture_id: UUID, offer: Offer, *, at: datetime) -> Progress:
    """Begin or go on with a capture, or answer with the receipt it already has.

    Before a byte is taken: phone's own number, size, rate, free space. What is stored is never
    written over: other bytes under its number raise an alarm and stay on the phone.
    """
    _require_fair(phone, offer, at=at)
    capture = announce(phone, capture_id, kind=offer.kind, sealed_at=offer.sealed_at, at=at)
    if capture.state in (Capture.State.STORED, Capture.State.FILED):
        _require_same(capture, offer, at=at)
        return progress_of(capture)
    arrival = _arrival(capture_id, offer, capture, at=at)
    opened = (
        Capture.objects.filter(pk=capture_id)
        .exclude(state__in=(Capture.State.STORED, Capture.State.FILED))
        .update(
            state=Capture.State.RECEIVING,
            size=offer.size,
            sha256=offer.sha256,
            kind=offer.kind,
            begun_at=at,
            refused_code="",
            refused_words="",
            claimed_at=None,
            given_up_at=None,
            tries=0,
        )
    )
    if not opened:
        return begin_sending(phone, capture_id, offer, at=at)
    if arrival.offset == offer.size:
        return finish(capture_of(phone, capture_id), at=at)
    return Progress(Capture.State.RECEIVING, arrival.offset)


def add_piece(arrival: Arrival, *, offset: int, piece: bytes) -> int:
    """Add one piece and return how far it is. The inbox compares the offset under a lock."""
    return arrival.append(offset, piece)


def arrival_of(capture: Capture) -> Arrival:
    """Return the arrival that a capture's row speaks of; one that never began is refused."""
    if not capture.sha256:
        raise NotBegun("Say the size and hash of this photo first.")
    return Arrival(inbox(), capture.pk, capture.size, capture.sha256)


def finish(capture: Capture, *, at: datetime) -> Progress:
    """Make a whole capsule durable, then its row and entry together, then answer the receipt.

    `capture` may have been read a moment ago: its row is only changed if it still receives exactly
    these bytes. Called again, or by two requests at once, it changes nothing and answers the same.
    """
    if capture.state == Capture.State.RECEIVING:
        arrival_of(capture).finish()
        if receipt := _note_stored(capture, at=at):
            return Progress(Capture.State.STORED, capture.size, signed(receipt))
        capture.refresh_from_db()
    return progress_of(capture)


@transaction.atomic
def _note_stored(capture: Capture, *, at: datetime) -> str:
    """Write that the capsule survives a power cut; return its receipt's text, or nothing.

    Conditional, so entry and receipt come once: where the row does not change, neither is kept.
    """
    record(
        "capture.arrived",
        practice=capture.practice_id,
        by=sender(capture.phone, capture.person),
        at=at,
        of=f"capture:{capture.pk}",
        purpose=capture.kind,
    )
    text = receipt_text(capture, state=STORED, at=at, edge=edge(capture.practice_id))
    now_stored = Capture.objects.filter(
        pk=capture.pk, state=Capture.State.RECEIVING, sha256=capture.sha256
    ).update(state=Capture.State.STORED, stored_at=at, stored_receipt=text)
    if not now_stored:
        transaction.set_rollback(True)
    return text if now_stored else ""


def announced(capture_id: UUID) -> Capture | None:
    """Return a capture with its phone, whoever asks: the door needs both to prove who calls."""
    rows = Capture.objects.filter(pk=capture_id).select_related("phone__owner")
    return next(iter(rows), None)  # by its key: nothing to sort


def capture_of(phone: Phone, capture_id: UUID) -> Capture:
    """Return a phone's own capture. Another phone's, or another practice's, is not found."""
    capture = Capture.objects.filter(pk=capture_id, phone=phone).select_related("phone").first()
    if capture is None:
        raise NotFound
    return capture


def progress_of(capture: Capture) -> Progress:
    """Return how far a capture has come, from its row and, while it arrives, from the inbox."""
    match capture.state:
        case Capture.State.STORED | Capture.State.FILED | Capture.State.REFUSED:
            offset = capture.size
        case Capture.State.RECEIVING:
            offset = arrival_of(capture).offset
        case _:
            offset = 0
    refused = (
        {"code": capture.refused_code, "message": capture.refused_words}
        if capture.state == Capture.State.REFUSED
        else None
    )
    return Progress(capture.state, offset, receipt_of(capture), refused)


def complete_arrivals(*, at: datetime) -> int:
    """Finish what a crash left between the durable capsule and its row; return how many.

    It also removes capsules whose capture was filed or refused before they could be removed.
    """
    done = 0
    for capture_id in list(inbox().waiting()):
        capture = Capture.objects.filter(pk=capture_id).select_related("phone", "person").first()
        if capture is None:
            continue  # its row is being written, or a person must look at the folder
        if capture.state in (Capture.State.FILED, Capture.State.REFUSED):
            inbox().remove(capture_id)
            done += 1
        elif capture.state == Capture.State.RECEIVING and capture.sha256 == (
            inbox().sha256_of(capture_id)
        ):
            finish(capture, at=at)
            done += 1
    return done


def _require_fair(phone: Phone, offer: Offer, *, at: datetime) -> None:
    """Refuse what is malformed, larger than the practice takes, or more than a phone may begin."""
    if not NAME.match(offer.sha256) or offer.size < 1:
        raise BadInput("The size or hash of this photo is not one.")
    most = setting(phone.practice, "max_bytes")
    if offer.size > most + ROOM_FOR_WORDS:
        raise PhotoTooLarge(
            f"Not sent. The practice takes photos up to {most // 1_000_000} MB.",
            remedy="Crop the photo closer and take it again.",
        )
    recent = Capture.objects.filter(phone=phone, begun_at__gt=at - timedelta(minutes=1)).count()
    if recent >= rules.UPLOADS_A_MINUTE:
        raise TooManyAtOnce(
            "This phone is sending very many photos. They stay sealed on it.",
            remedy="It goes on by itself in a minute.",
        )


def _require_same(capture: Capture, offer: Offer, *, at: datetime) -> None:
    """Refuse other bytes under a number that is taken, and make sure a person hears of it."""
    if (capture.sha256, capture.size) == (offer.sha256, offer.size):
        return
    _note_conflict(capture, offer, at=at)
    raise ContentConflict(
        "Another photo arrived under this number before. It was kept, and this one not.",
        remedy="The phone keeps this one, sealed. Tell the practice manager.",
    )


@transaction.atomic
def _note_conflict(capture: Capture, offer: Offer, *, at: datetime) -> None:
    told = {"sha256": offer.sha256, "size": offer.size, "at": at.isoformat()}
    Capture.objects.filter(pk=capture.pk, conflict__isnull=True).update(conflict=told)
    if raise_alarm(
        Alarm.Kind.CONFLICT, practice=capture.practice, about=f"capture:{capture.pk}", at=at
    ):
        record(
            "capture.conflict",
            practice=capture.practice_id,
            by=sender(capture.phone, capture.person),
            at=at,
            of=f"capture:{capture.pk}",
            outcome="refused",
        )


def _arrival(capture_id: UUID, offer: Offer, capture: Capture, *, at: datetime) -> Arrival:
    """Begin in the inbox, which checks for room; other whole bytes there are a conflict."""
    try:
        return inbox().begin(capture_id, size=offer.size, sha256=offer.sha256)
    except OtherContent:
        _note_conflict(capture, offer, at=at)
        raise
