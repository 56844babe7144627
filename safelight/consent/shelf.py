"""Shelf: where the scans of signed papers name their blobs and keep their keys."""

from safelight.lib.shelves import Shelf
from safelight.lib.wraps import Wrap

SHELF = Shelf(
    "consent.PaperScan",
    "blob",
    about="consent:{consent_id}",
    practice="consent__practice_id",
    patient="consent__patient_id",
)
WRAP = Wrap(
    "consent.PaperScan",
    practice="consent__practice_id",
    photo="consent_id",
    patient="consent__patient_id",
)
