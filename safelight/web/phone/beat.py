"""The beat: what a phone holds, what is gone from it, and its checks (phone API calls 9, 10)."""

from base64 import urlsafe_b64encode
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_POST

from safelight.audit.checkpoints import checkpoint, consistency
from safelight.audit.models import Checkpoint
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, NotFound
from safelight.people.models import Phone
from safelight.people.phone_care import (
    checks_due,
    phone_reported,
)
from safelight.photos.holding import Held, note_gone, note_held, note_log_doubted
from safelight.photos.models import Capture
from safelight.web.bodies import words_of
from safelight.web.phone.signing import PhoneRequest, phone_call

MOST_ITEMS = 1000
ROOT_LETTERS = 64
FOUND_WRONG = ("checkpoint", "log")
"""What a phone says when it found our log's signature, or the log itself, not to be what it saw."""


@require_POST
@phone_call(session=False)
def beat(request: PhoneRequest) -> HttpResponse:
    """Keep the ledger of the phone's copies true, and hand it a checkpoint to be our witness."""
    at, phone = now(), request.phone
    words = words_of(request)
    held = [_held(row) for row in _rows(words, "held")]
    gone = [_id(row) for row in _rows(words, "gone")]
    kept = _checkpoint_kept(words.get("checkpoint"))
    note_held(phone, held, at=at)
    note_gone(phone, gone, at=at)
    if words.get("alarm") in FOUND_WRONG:
        note_log_doubted(phone, at=at)
    photos = [item.sealed_at for item in held if item.kind == Capture.Kind.PHOTO]
    phone_reported(
        phone,
        held=len(photos),
        held_since=min(photos, default=None),
        storage_kept=words.get("storage_kept") is True,
        app_version=str(words.get("app_version", ""))[:40],
        checkpoint=kept,
        at=at,
    )
    newest = _newest_checkpoint(phone, at)
    return JsonResponse(
        {
            "checkpoint": _signed(newest) if newest else None,
            "consistency": _proof(phone, kept, newest),
            "asks": checks_due(phone, at=at),
        }
    )


def _newest_checkpoint(phone: Phone, at: datetime) -> Checkpoint | None:
    try:
        return checkpoint(phone.practice_id, at)
    except NotFound:
        return None


def _signed(newest: Checkpoint) -> dict[str, str]:
    signature = urlsafe_b64encode(bytes(newest.signature)).rstrip(b"=").decode()
    return {"text": newest.text, "signature": signature}


def _proof(phone: Phone, kept: dict[str, Any] | None, newest: Checkpoint | None) -> list[str]:
    """Return the proof that our log begins with what the phone kept; empty where there is none.

    A phone that kept a longer log than ours gets no proof, and says so: that is its use.
    """
    if kept is None or newest is None or not 0 < kept["size"] <= newest.size:
        return []
    return consistency(phone.practice_id, kept["size"], newest.size)


def _checkpoint_kept(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise _malformed()
    size, root = value.get("size"), value.get("root")
    if type(size) is not int or size < 0 or not isinstance(root, str) or len(root) > ROOT_LETTERS:
        raise _malformed()
    return {"size": size, "root": root}


def _rows(words: dict[str, Any], name: str) -> list[dict[str, Any]]:
    rows = words.get(name, [])
    if not isinstance(rows, list) or len(rows) > MOST_ITEMS:
        raise _malformed()
    if not all(isinstance(row, dict) for row in rows):
        raise _malformed()
    return rows


def _held(row: dict[str, Any]) -> Held:
    try:
        sealed_at = datetime.fromisoformat(row["sealed_at"])
        kind = Capture.Kind(row.get("kind", Capture.Kind.PHOTO))
    except (KeyError, ValueError, TypeError):
        raise _malformed() from None
    if sealed_at.tzinfo is None:
        raise _malformed()
    return Held(_id(row), sealed_at, kind)


def _id(row: dict[str, Any]) -> UUID:
    try:
        return UUID(row["id"])
    except (KeyError, ValueError, TypeError, AttributeError):
        raise _malformed() from None


def _malformed() -> BadInput:
    return BadInput("This call is not in its form.")


urlpatterns = [
    path("beat", beat, name="beat"),
]
