"""Filing: a capsule that arrived becomes a photo in one patient's record, or waits unmatched.

The steps and their order are security-design, section 4, 8 to 14. After a crash at any of them the
next run of a worker goes on from what is there: a photo that has its rows is read back, not made
again, and only a photo that was read back earns the receipt on which the phone forgets it.
"""

import logging
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from safelight.audit.actor import Actor
from safelight.audit.checkpoints import edge
from safelight.audit.log import record
from safelight.consent.uses import CARE
from safelight.lib.refusals import Refusal
from safelight.patients.models import Patient
from safelight.patients.visits import visit_of_photo
from safelight.photos import rules
from safelight.photos.alarms import end_alarms, raise_alarm
from safelight.photos.claims import claim, put_back
from safelight.photos.copies import care_words
from safelight.photos.covering import ConsentOnItsWay, consent_for
from safelight.photos.darkroom import decoder
from safelight.photos.drafting import Draft, draft_photo, words_of
from safelight.photos.meta import ConsentMeta, PhotoMeta
from safelight.photos.models import Alarm, Capture, Copy, Photo, Rendition
from safelight.photos.opening import belongs, open_arrived
from safelight.photos.places import inbox
from safelight.photos.receipts import FILED, IN_RECORD, UNMATCHED, receipt_text
from safelight.photos.renditions import Binding, is_whole, pictures_of, put_away
from safelight.photos.waiting import file_consent
from safelight.vault.sealing import new_photo_key

log = logging.getLogger(__name__)


class LostClaim(Refusal):
    """Another worker has this capture now. Nothing was written."""

    code = "lost_claim"
    status = 503


class RecordJoined(Refusal):
    """The record was joined to another while its photo was decoded. Nothing was written."""

    code = "record_joined"
    status = 503


class NotReadBack(Refusal):
    """What was stored did not read back as it was. The capsule stays, and it is done again."""

    code = "not_read_back"
    status = 503


def file_capture(capture_id: UUID, *, at: datetime) -> bool:
    """File one stored capture if this worker gets the claim; say whether it did.

    A refusal of ours (no room, decoder gone: status 5xx) puts it back for later. Any other ends in
    state `refused` with nothing of it stored; the phone still has it and says why.
    """
    if not claim(capture_id, at=at):
        return False
    capture = Capture.objects.select_related("practice", "phone", "photo").get(pk=capture_id)
    try:
        _file(capture, at=at)
    except Refusal as refusal:
        if refusal.status >= 500:
            _put_back(capture, refusal, at=at)
        else:
            refuse_capture(capture, refusal, at=at)
    return True


def _file(capture: Capture, *, at: datetime) -> None:
    photo: Photo | None = getattr(capture, "photo", None)
    if photo is None or not is_whole(photo):
        arrived = open_arrived(capture)
        if isinstance(arrived.meta, ConsentMeta):
            _finish(capture, place=file_consent(capture, arrived.meta, at=at), at=at)
            return
        if photo is None:
            photo = _make(capture, arrived.meta, arrived.image, at=at)
        else:
            _put_away_again(capture, photo, arrived.image, at=at)
        del arrived
        if not is_whole(photo):
            raise NotReadBack("What was stored did not read back. It is tried again.")
    place = IN_RECORD if photo.patient_id else UNMATCHED
    _finish(capture, place=place, at=at, timing=_timing(photo, at=at))


def _make(capture: Capture, meta: PhotoMeta, image: bytes, *, at: datetime) -> Photo:
    """Check whose it is and what covers it, decode it, put its blobs away, write its rows."""
    whose = belongs(capture, meta, at=at)
    consent, waiting = consent_for(capture, meta, whose, at=at)
    prepared = decoder().prepare(image, turn=meta.turn)
    binding = Binding(capture.practice_id, capture.pk, whose.patient.pk if whose.patient else None)
    wrapped = new_photo_key(practice=binding.practice, photo=binding.photo, patient=binding.patient)
    renditions = put_away(pictures_of(image, prepared), wrapped, of=binding, at=at)
    photo = draft_photo(Draft(capture, meta, whose, consent, waiting, prepared, wrapped), at=at)
    _write(capture, photo, renditions, is_walk_in=meta.visit is None, at=at)
    return photo


@transaction.atomic
def _write(
    capture: Capture,
    photo: Photo,
    renditions: list[Rendition],
    *,
    is_walk_in: bool,
    at: datetime,
) -> None:
    """Write photo, renditions, copies and entry together, if the claim is still this worker's."""
    _require_claim(capture)
    _require_kept(photo)
    if is_walk_in:
        _give_visit(photo, at=at)
    photo.save(force_insert=True)
    Rendition.objects.bulk_create(renditions)
    basis = care_words(photo.consent) if photo.patient_id else "Waiting for its patient"
    Copy.objects.bulk_create(
        Copy(
            practice_id=photo.practice_id,
            photo=photo,
            holder=Copy.Holder.VAULT,
            rendition=row.kind,
            outside=False,
            basis=basis,
            consent_id=photo.consent_id,
            evidence=_stored_as(row),
            since=at,
            made_by=photo.taken_by,
        )
        for row in renditions
    )
    Copy.objects.filter(capture=capture, holder=Copy.Holder.PHONE).update(photo=photo)
    record(
        "photo.filed",
        practice=photo.practice_id,
        by=Actor(id=photo.taken_by_id, role="+".join(photo.taken_by.roles), phone=capture.phone_id),
        at=at,
        of=f"photo:{photo.pk}",
        patient=photo.patient_id,
        purpose=CARE,
        outcome="done" if photo.patient_id else UNMATCHED,
    )


def _require_claim(capture: Capture) -> None:
    """Refuse unless the capture is still this worker's, and keep it so until the commit."""
    held = Capture.objects.select_for_update().filter(
        pk=capture.pk, state=Capture.State.STORED, claimed_at=capture.claimed_at
    )
    if not held.exists():
        raise LostClaim("Another worker files this photo.")


def _require_kept(photo: Photo) -> None:
    """Refuse a record that was joined to another while the photo was decoded.

    Its photos have moved on by then, and this one would be left where nobody looks.
    """
    if photo.patient_id is None:
        return
    if Patient.objects.select_for_update().get(pk=photo.patient_id).merged_into_id is not None:
        raise RecordJoined("The record was joined to another meanwhile. It is filed there next.")


def _stored_as(row: Rendition) -> str:
    return f"Stored as {row.blob[:12]}…, read back"


def _give_visit(photo: Photo, *, at: datetime) -> None:
    """Put a walk-in's photo into a visit of its own day, which is added if nobody booked one.

    One whose visit was named and taken back meanwhile waits for a person: they had a reason.
    """
    if photo.patient is None or photo.visit is not None:
        return
    photo.visit = visit_of_photo(
        photo.patient, person=photo.taken_by, taken_at=photo.taken_at, at=at
    )
    photo.incomplete = bool(rules.missing(words_of(photo)))


def _put_away_again(capture: Capture, photo: Photo, image: bytes, *, at: datetime) -> None:
    """Store a photo's pictures again, under the same key: a blob was lost before the receipt."""
    prepared = decoder().prepare(image, turn=photo.turn)
    wrapped = bytes(photo.wrapped_key)
    rows = put_away(pictures_of(image, prepared), wrapped, of=Binding.of(photo), at=at)
    with transaction.atomic():
        _require_claim(capture)
        photo.renditions.all().delete()
        Rendition.objects.bulk_create(rows)
        for row in rows:
            kept = Copy.objects.filter(photo=photo, holder=Copy.Holder.VAULT, rendition=row.kind)
            kept.update(evidence=_stored_as(row))


def _finish(
    capture: Capture, *, place: str, at: datetime, timing: dict[str, Any] | None = None
) -> None:
    """Give the filed receipt, on which the phone forgets, and then remove the capsule."""
    with transaction.atomic():
        text = receipt_text(
            capture, state=FILED, at=at, edge=edge(capture.practice_id), place=place
        )
        Capture.objects.filter(pk=capture.pk, state=Capture.State.STORED).update(
            state=Capture.State.FILED, filed_at=at, filed_receipt=text, timing=timing
        )
        if capture.tries >= rules.MOST_TRIES:
            end_alarms(Alarm.Kind.STUCK, [f"capture:{capture.pk}"], at=at)
    inbox().remove(capture.pk)


def _timing(photo: Photo, *, at: datetime) -> dict[str, Any]:
    """Return when the phone was unlocked and the shutter pressed, and how long it took in all."""
    timing = dict(photo.evidence.get("timing", {}))
    seconds = rules.unlock_to_filed(timing, filed_at=at)
    return timing | ({"unlock_to_filed": seconds} if seconds else {})


def refuse_capture(capture: Capture, refusal: Refusal, *, at: datetime) -> None:
    """Refuse a capture with a reason the phone shows, and keep nothing of it.

    The row and the entry come first, then the capsule goes; a crash between is swept up.
    """
    with transaction.atomic():
        refused = Capture.objects.filter(pk=capture.pk, state=Capture.State.STORED).update(
            state=Capture.State.REFUSED,
            refused_code=refusal.code,
            refused_words=refusal.message[:300],
            stored_receipt="",
            claimed_at=None,
        )
        if not refused:
            return
        record(
            "capture.refused",
            practice=capture.practice_id,
            by=Actor(id=capture.person_id, role="", phone=capture.phone_id),
            at=at,
            of=f"capture:{capture.pk}",
            purpose=capture.kind,
            outcome=refusal.code,
        )
    inbox().remove(capture.pk)
    log.info("capture %s refused: %s", capture.pk, refusal.code)


def _put_back(capture: Capture, refusal: Refusal, *, at: datetime) -> None:
    """Let a capture rest after a fault of ours, longer each time; after many, call a person."""
    log.warning("capture %s put back: %s", capture.pk, refusal.code)
    if isinstance(refusal, LostClaim):
        return
    put_back(capture.pk, at=at, pause=rules.pause_before_retry(capture.tries))
    if capture.tries >= rules.MOST_TRIES and not isinstance(refusal, ConsentOnItsWay):
        raise_alarm(
            Alarm.Kind.STUCK, practice=capture.practice, about=f"capture:{capture.pk}", at=at
        )


def note_trouble(capture_id: UUID, *, at: datetime) -> None:
    """Note that filing broke off in a way nobody foresaw. When the claim ends it is tried again."""
    capture = Capture.objects.select_related("practice").get(pk=capture_id)
    if capture.tries >= rules.MOST_TRIES:
        raise_alarm(
            Alarm.Kind.STUCK, practice=capture.practice, about=f"capture:{capture.pk}", at=at
        )
