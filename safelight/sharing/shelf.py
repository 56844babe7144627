"""Shelf: where copies that leave, and sealed files, name their blobs until they are swept."""

from django.db.models import Q

from safelight.lib.shelves import Shelf

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
