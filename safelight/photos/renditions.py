"""Renditions: sealing the pictures of a photo, putting them away, and reading them back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from safelight.imaging.results import Prepared
from safelight.photos.models import Photo, Rendition
from safelight.vault.blobs import BlobDamaged, BlobMissing
from safelight.vault.sealing import Unreadable, open_blob, seal_blob
from safelight.vault.stores import store


@dataclass(frozen=True, slots=True)
class Picture:
    """The bytes of one rendition, not sealed yet."""

    kind: Rendition.Kind
    data: bytes = field(repr=False)
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Binding:
    """What a photo's blobs and key are bound to."""

    practice: UUID
    photo: UUID
    patient: UUID | None

    @classmethod
    def of(cls, photo: Photo) -> "Binding":
        """Return what the row says. If it was edited behind our back, nothing opens."""
        return cls(photo.practice_id, photo.pk, photo.patient_id)


def pictures_of(image: bytes, prepared: Prepared) -> list[Picture]:
    """Return a photo's renditions: the original bit for bit, and two that hold pixels alone."""
    return [
        Picture(Rendition.Kind.ORIGINAL, image, (prepared.width, prepared.height)),
        Picture(Rendition.Kind.VIEW, prepared.view, prepared.view_size),
        Picture(Rendition.Kind.THUMB, prepared.thumb, prepared.thumb_size),
    ]


def put_away(
    pictures: Sequence[Picture], wrapped: bytes, *, of: Binding, at: datetime
) -> list[Rendition]:
    """Seal pictures under a photo's key and store them durably; return their rows, not saved yet.

    A crash after this leaves blobs without a row, which the sweep finds; never a row without blobs.
    """
    rows = []
    for picture in pictures:
        blob = seal_blob(
            picture.data,
            wrapped,
            practice=of.practice,
            photo=of.photo,
            patient=of.patient,
            rendition=picture.kind,
        )
        width, height = picture.size
        rows.append(
            Rendition(
                photo_id=of.photo,
                kind=picture.kind,
                blob=store().put(blob),
                size=len(blob),
                width=width,
                height=height,
                made_at=at,
                checked_at=at,
            )
        )
    return rows


def open_picture(photo: Photo, kind: str) -> bytes:
    """Return the bytes of one rendition. The caller authorised and audited before (viewing.py)."""
    row = photo.renditions.get(kind=kind)
    return _opened(photo, row)


def is_whole(photo: Photo) -> bool:
    """Read a photo back as its rows say: every blob by its hash, and the original opened.

    Only after this may a receipt say `filed`: it proves that row, wrap, key and bytes fit together.
    What opens is what was sealed, as its tag covers every byte.
    """
    rows = {row.kind: row for row in photo.renditions.all()}
    if set(rows) != set(Rendition.Kind.values):
        return False
    try:
        for kind, row in rows.items():
            if kind == Rendition.Kind.ORIGINAL:
                _opened(photo, row)
            else:
                store().get(row.blob)
    except (BlobDamaged, BlobMissing, Unreadable):
        return False
    return True


def _opened(photo: Photo, row: Rendition) -> bytes:
    return open_blob(
        store().get(row.blob),
        photo.wrapped_key,
        practice=photo.practice_id,
        photo=photo.pk,
        patient=photo.patient_id,
        rendition=row.kind,
    )
