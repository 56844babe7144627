"""Shelf: where the scans of signed papers name their blobs."""

from safelight.lib.shelves import Shelf

SHELF = Shelf(
    "consent.PaperScan",
    "blob",
    about="consent:{consent_id}",
    practice="consent__practice_id",
    patient="consent__patient_id",
)
