"""Sealed: sealing what leaves under keys of its own, and opening it again."""

from collections.abc import Iterable
from uuid import UUID

from safelight.lib.refusals import NotFound
from safelight.sharing.darkroom import Made, is_sound
from safelight.sharing.models import Package, Release, ReleasedPhoto
from safelight.vault.sealing import new_photo_key, open_blob, rewrap, seal_blob
from safelight.vault.stores import store

FILE, VIEW, THUMB, PACKAGE = "file", "view", "thumb", "package"
KINDS = (FILE, VIEW, THUMB)


class NotWhole(Exception):
    """What was read back is not what was made. It is tried again, and never sent."""


def put_away(item: ReleasedPhoto, made: Made) -> tuple[bytes, dict[str, str]]:
    """Seal a copy under a key of its own, store it, and open it again from the store.

    Returns the wrapped key and the blobs' names. Only what was read back whole, is the very file
    that was made, and is still clean, is returned at all.
    """
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
    if not is_sound(opened(item, FILE), made.sha256):
        discard(names.values())
        raise NotWhole
    return wrapped, names


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
