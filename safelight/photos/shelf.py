"""Shelf: where photos name their blobs and keep their keys, so that nothing is forgotten."""

from safelight.lib.shelves import Shelf
from safelight.lib.wraps import Wrap

SHELF = Shelf(
    "photos.Rendition",
    "blob",
    about="photo:{photo_id}",
    practice="photo__practice_id",
    patient="photo__patient_id",
)
WRAP = Wrap("photos.Photo", practice="practice_id", photo="pk", patient="patient_id")
