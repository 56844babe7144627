"""Sealed: sealing what leaves under keys of its own, and opening it again."""

import hashlib
import logging
from collections.abc import Iterable
from uuid import UUID

from safelight.lib.refusals import NotFound
from safelight.sharing.darkroom import Made, is_sound
from safelight.sharing.models import Package, Release, ReleasedPhoto
from safelight.vault.sealing import Unreadable, new_photo_key, open_blob, rewrap, seal_blob
from safelight.vault.stores import BlobDamaged, BlobMissing, store

FILE, VIEW, THUMB, PACKAGE = "file", "view", "thumb", "package"
KINDS = (FILE, VIEW, THUMB)

log = logging.getLogger(__name__)


class NotWhole(Exception):
    """What was read back is not what was made. It is tried again, and never sent."""


def put_away(item: ReleasedPhoto, made: Made) -> None:
    """Seal a copy under a key of its own, store it, and open it again from the store.

    Only what was read back whole, is the very file that was made, and is still clean, stays.
    """
    keep_made(item, made)
    if not is_sound(opened(item, FILE), made.sha256):
        discard(item.blobs.values())
        raise NotWhole


def keep_made(item: ReleasedPhoto, made: Made) -> None:
    """Seal a copy under a key of its own and store it; the item then names key and blobs."""
    patient = item.patient_id
    wrapped = new_photo_key(practice=item.release.practice_id, photo=item.pk, patient=patient)
    item.wrapped_key = wrapped
    names = {}
    for kind, data in ((FILE, made.data), (VIEW, made.view), (THUMB, made.thumb)):
        blob = seal_blob(
            data,
            wrapped,
            practice=item.release.practice_id,
            photo=item.pk,
            patient=patient,
            rendition=kind,
        )
        names[kind] = store().put(blob)
    item.blobs = names


def taken_up(item: ReleasedPhoto) -> Made | None:
    """Return the finished copy that was kept when it was looked at, or None to make it anew.

    Only the very bytes whose fingerprint the row keeps are returned: anything else is as nothing.
    """
    if not item.sha256 or not item.wrapped_key:
        return None
    try:
        data, view, thumb = (opened(item, kind) for kind in KINDS)
    except (BlobMissing, BlobDamaged, Unreadable, NotFound):
        return None
    if hashlib.sha256(data).hexdigest() != item.sha256:
        return None
    return Made(
        data=data,
        view=view,
        thumb=thumb,
        kind=item.kind,
        width=item.width,
        height=item.height,
        sha256=item.sha256,
        removed=item.removed,
        remains=item.remains,
        how=item.how,
    )


def shut(release: Release) -> None:
    """Throw away the keys of a release's copies: whatever lies stored opens no more."""
    ReleasedPhoto.objects.filter(release=release).update(wrapped_key=b"")


def opened(item: ReleasedPhoto, kind: str) -> bytes:
    """Open one blob of a released photo. After its end there is no key, so there is nothing."""
    if not item.wrapped_key or kind not in item.blobs:
        raise NotFound
    return open_blob(
        store().get(item.blobs[kind]),
        item.wrapped_key,
        practice=item.release.practice_id,
        photo=item.pk,
        patient=item.patient_id,
        rendition=kind,
    )


def put_away_package(release: Release, data: bytes) -> tuple[bytes, str]:
    """Seal a package under a key of its own and store it; return the wrapped key and the name."""
    wrapped = new_photo_key(
        practice=release.practice_id, photo=release.pk, patient=release.patient_id
    )
    blob = seal_blob(
        data,
        wrapped,
        practice=release.practice_id,
        photo=release.pk,
        patient=release.patient_id,
        rendition=PACKAGE,
    )
    return wrapped, store().put(blob)


def opened_package(package: Package) -> bytes:
    """Open a package's bytes. After its end there is no key."""
    if not package.wrapped_key or not package.blob:
        raise NotFound
    release = package.release
    return open_blob(
        store().get(package.blob),
        package.wrapped_key,
        practice=release.practice_id,
        photo=release.pk,
        patient=release.patient_id,
        rendition=PACKAGE,
    )


def rebind_item(item: ReleasedPhoto, patient: UUID) -> bytes:
    """Return a released photo's key, bound to another patient."""
    return rewrap(
        item.wrapped_key,
        practice=item.release.practice_id,
        photo=item.pk,
        old_patient=item.patient_id,
        new_patient=patient,
    )


def rebind_package(package: Package, patient: UUID) -> bytes:
    """Return a package's key, bound to another patient; its release still names the one before."""
    release = package.release
    return rewrap(
        package.wrapped_key,
        practice=release.practice_id,
        photo=release.pk,
        old_patient=release.patient_id,
        new_patient=patient,
    )


def discard(names: Iterable[str]) -> None:
    """Remove blobs that no row will name."""
    for name in list(names):
        store().delete(name)


def tidy(names: Iterable[str]) -> None:
    """Remove blobs that no row names any more. What will not go is left to the daily sweep.

    So a store that falls silent takes nothing back of what was just done.
    """
    try:
        discard(names)
    except Exception:
        log.exception("what no row names any more could not be removed")
