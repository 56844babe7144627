"""Shelf: where copies that leave, and sealed files, name their blobs and keep their keys."""

from django.db.models import Q

from safelight.lib.shelves import Shelf
from safelight.lib.wraps import Wrap

PHOTOS = Shelf(
    "sharing.ReleasedPhoto",
    "blobs",
    about="release:{release_id}",
    practice="release__practice_id",
    patient="patient_id",
    kept=Q(release__swept_at=None),
)
PACKAGES = Shelf(
    "sharing.Package",
    "blob",
    about="release:{release_id}",
    practice="release__practice_id",
    patient="release__patient_id",
    kept=Q(release__swept_at=None),
)
PHOTO_KEYS = Wrap(
    "sharing.ReleasedPhoto", practice="release__practice_id", photo="pk", patient="patient_id"
)
PACKAGE_KEYS = Wrap(
    "sharing.Package",
    practice="release__practice_id",
    photo="release_id",
    patient="release__patient_id",
)
