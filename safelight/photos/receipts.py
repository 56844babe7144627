"""Receipts: the signed words on which a phone decides what it may forget."""

from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any, Final

import rfc8785

from safelight.audit.leaf import stamp
from safelight.photos.models import Capture
from safelight.vault.sealing import sign_receipt

STORED: Final = "stored"
FILED: Final = "filed"

IN_RECORD: Final = "record"
UNMATCHED: Final = "unmatched"
CONSENT: Final = "consent"


def receipt_text(
    capture: Capture, *, state: str, at: datetime, edge: tuple[int, str], place: str = ""
) -> str:
    """Return a receipt's canonical JSON (RFC 8785): what exactly arrived, and how far it came.

    It carries the log's size and root, so the phone keeps a witness of the log (security, 3).
    """
    size, root = edge
    words: dict[str, Any] = {
        "v": 1,
        "state": state,
        "capture": str(capture.pk),
        "sha256": capture.sha256,
        "size": capture.size,
        "at": stamp(at),
        "checkpoint": {"size": size, "root": root},
    }
    if place:
        words["place"] = place
    return rfc8785.dumps(words).decode()


def signed(text: str) -> dict[str, str]:
    """Return a receipt as the phone gets it. Ed25519 gives the same text the same signature."""
    signature = urlsafe_b64encode(sign_receipt(text.encode())).rstrip(b"=").decode()
    return {"text": text, "signature": signature}


def receipt_of(capture: Capture) -> dict[str, str] | None:
    """Return the furthest receipt a capture has earned, or None while it is not durable here."""
    text = capture.filed_receipt or capture.stored_receipt
    return signed(text) if text else None
