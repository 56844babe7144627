"""Shelf: where photos name their blobs, so that each is read again and none is swept."""

from safelight.lib.shelves import Shelf

SHELF = Shelf(
    "photos.Rendition",
    "blob",
    about="photo:{photo_id}",
    practice="photo__practice_id",
    patient="photo__patient_id",
)
