"""The log as a file: one JSON line for each leaf and each checkpoint, for the separate verifier."""

import json
from base64 import b64encode
from datetime import datetime
from typing import IO, Any, Final
from uuid import UUID

from django.db import transaction

from safelight.audit.actor import Acting, Actor
from safelight.audit.checkpoints import checkpoint, log_name
from safelight.audit.log import record
from safelight.audit.models import Checkpoint, Entry

FORMAT: Final = "safelight-audit-export/1"
ROWS_AT_ONCE: Final = 2000


def export_log(
    practice: UUID, *, to: IO[bytes], by: Actor | Acting | None, at: datetime
) -> Checkpoint:
    """Write a practice's log to a stream, having first recorded the export and signed a checkpoint.

    The file ends at that checkpoint however many entries are added meanwhile; as entries never
    change, it is one state of the log without holding up anyone. Memory does not grow with it.
    """
    with transaction.atomic():
        record("audit.exported", practice=practice, by=by, of=f"practice:{practice}", at=at)
    signed = checkpoint(practice, at)
    write_log(practice, size=signed.size, to=to)
    return signed


def write_log(practice: UUID, *, size: int, to: IO[bytes]) -> None:
    """Write the first `size` entries and their checkpoints. Nothing is signed or changed."""
    _line(to, {"kind": "log", "format": FORMAT, "log": log_name(practice), "size": size})
    entries = Entry.objects.filter(practice=practice, n__lt=size).order_by("n")
    for leaf, digest in entries.values_list("leaf", "leaf_hash").iterator(ROWS_AT_ONCE):
        _line(to, {"kind": "entry", "hash": bytes(digest).hex(), "leaf": leaf})
    for signed in (
        Checkpoint.objects.filter(practice=practice, size__lte=size)
        .order_by("size")
        .iterator(ROWS_AT_ONCE)
    ):
        signature = b64encode(bytes(signed.signature)).decode()
        _line(to, {"kind": "checkpoint", "text": signed.text, "signature": signature})


def _line(to: IO[bytes], fields: dict[str, Any]) -> None:
    to.write(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")
