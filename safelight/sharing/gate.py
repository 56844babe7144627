"""The gate: the one function through which bytes of a share reach its recipient."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

from safelight.lib.refusals import NotFound
from safelight.photos.copies import Basis, begin_copy
from safelight.photos.darkroom import decoder
from safelight.photos.models import Copy
from safelight.policy.dates import day_words
from safelight.sharing.messages import number_of
from safelight.sharing.models import Opening, Release, ReleasedPhoto, Saved
from safelight.sharing.opening import LinkClosed, live_opening, record_reading
from safelight.sharing.sealed import FILE, THUMB, VIEW, opened

FULL: Final = "full"
SHOWN: Final = (THUMB, VIEW, FULL)
JPEG: Final = "image/jpeg"
LONGEST_OTHER: Final = 120
"""Letters of an address on a picture, as many as a name has: the moment behind it must fit."""
TYPES: Final = {
    "jpeg": (JPEG, "jpg"),
    "png": ("image/png", "png"),
    "webp": ("image/webp", "webp"),
    "heic": ("image/heic", "heic"),
    "gif": ("image/gif", "gif"),
    "tiff": ("image/tiff", "tif"),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """Bytes for a recipient, whole, with their type and a neutral name."""

    data: bytes = field(repr=False)
    content_type: str
    name: str
    attachment: bool


def bytes_for(session: str, item_id: UUID, *, kind: str, at: datetime) -> Sent:
    """Return a shared photo's bytes for a session that may have them now, or refuse.

    The original is not among the kinds, nor is anything of another release. Who looks is in the
    log, durably, before a byte is read; small pictures are covered by the opening's own entry. A
    view-only share gives pictures with the recipient and the time in their pixels, and no file.
    """
    opening = live_opening(session, at=at)
    release = opening.link.release
    item = (
        ReleasedPhoto.objects.filter(pk=item_id, release=release)
        .select_related("photo", "release__practice")
        .first()
    )
    if item is None or kind not in (*SHOWN, FILE) or (kind == FILE and release.view_only):
        raise NotFound
    if item.photo.patient_id != item.patient_id or not item.wrapped_key:
        raise LinkClosed
    if kind != THUMB:
        _enter(opening, item, kind=kind, at=at)
    if kind == FILE:
        content_type, ending = TYPES[item.kind]
        return Sent(opened(item, FILE), content_type, f"{item.name}.{ending}", attachment=True)
    return Sent(_shown(opening, item, kind=kind, at=at), JPEG, f"{item.name}.jpg", attachment=False)


def _enter(opening: Opening, item: ReleasedPhoto, *, kind: str, at: datetime) -> None:
    """Write who is about to have what, on disk before the bytes are read."""
    with transaction.atomic(durable=True):
        if kind == FILE:
            _note_saved(opening, item, at=at)
        action = "share.photo_saved" if kind == FILE else "share.photo_opened"
        record_reading(action, opening, at=at, item=item)


def _shown(opening: Opening, item: ReleasedPhoto, *, kind: str, at: datetime) -> bytes:
    release = item.release
    if not release.view_only:
        return decoder().full(opened(item, FILE)) if kind == FULL else opened(item, kind)
    source = opened(item, FILE if kind == FULL else kind)
    words, instead = stamp_words(release, at)
    return decoder().stamped(source, words=words, instead=instead)


def stamp_words(release: Release, at: datetime) -> tuple[str, str]:
    """Return what is drawn over a picture: for whom, and when it was looked at.

    The second is for a name in a writing that the font lacks: the address, or the share's number.
    """
    when = at.astimezone(ZoneInfo(release.practice.zone))
    moment = f"{day_words(when.date())}, {when:%H:%M}"
    other = release.recipient_address[:LONGEST_OTHER] or f"Share {number_of(release)}"
    return f"{release.recipient_name} · {moment}", f"{other} · {moment}"


def _note_saved(opening: Opening, item: ReleasedPhoto, *, at: datetime) -> None:
    """Put the recipient's own copy in the ledger, once. The patient's is handed over, not outside.

    A specialist's stays lit until somebody says that it went into their record, or is destroyed.
    """
    release = item.release
    ReleasedPhoto.objects.select_for_update().get(pk=item.pk)
    if Saved.objects.filter(item=item).exists():
        return
    facts: dict[str, Any] = {}
    if release.form == Release.Form.PATIENT_COPY:
        facts = {
            "state": Copy.State.HANDED_OVER,
            "ended_at": at,
            "end_evidence": "Saved by the patient: theirs to keep",
        }
    copy = begin_copy(
        practice=release.practice,
        photo=item.photo,
        holder=Copy.Holder.RECIPIENT,
        holder_name=release.recipient_name,
        rendition="concealed" if item.crop or item.shapes else "cleaned",
        basis=Basis(item.basis, item.consent_id),
        evidence=f"Saved from the link, opening {opening.number}",
        due_at=release.ends_at,
        by=release.made_by,
        at=at,
        **facts,
    )
    Saved.objects.create(release=release, item=item, opening=opening, copy=copy, at=at)
