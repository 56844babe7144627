"""Checkpoints: the log's root at one size, signed, to be kept where the server cannot reach.

The signature alone proves little, as the server has the key. What counts is that a phone, a printed
code or a back-up keeps a checkpoint, and that every later one must be shown to begin with it.
"""

from base64 import b64encode
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import transaction

from safelight.audit import tree
from safelight.audit.models import Checkpoint, Frontier
from safelight.audit.stored import MissingRows, proof_of
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.lib.wiring import wired


class LogAltered(Refusal):
    """The log no longer begins with what was signed before: someone changed it behind our back."""

    code = "audit_altered"
    status = 500

    def __init__(self) -> None:
        """Say what was found and where to look."""
        super().__init__(
            "The log was changed after it was signed. Nothing new was signed.",
            remedy="Export the log and run the verifier against checkpoints kept elsewhere.",
        )


def log_name(practice: UUID) -> str:
    """Return the name of a practice's log, the first line of its checkpoints."""
    return f"safelight/audit/v1/{practice}"


def checkpoint_text(name: str, size: int, root: bytes) -> str:
    """Return the three lines that are signed: log name, size, root in base64."""
    return f"{name}\n{size}\n{b64encode(root).decode()}\n"


def checkpoint(practice: UUID, at: datetime) -> Checkpoint:
    """Sign the log as it stands; nothing added since the last checkpoint gives the same one again.

    It refuses inside a transaction (what is signed must be committed) and when the tree as stored
    does not begin with the newest checkpoint. That reads few rows; `checking` reads them all.
    """
    with transaction.atomic(durable=True):
        frontier = Frontier.objects.select_for_update().filter(practice=practice).first()
        if frontier is None or frontier.size == 0:
            raise NotFound("This log has no entries yet, so there is nothing to sign.")
        root = tree.root([bytes.fromhex(text) for text in frontier.hashes])
        before = latest(practice)
        if before:
            _require_extension(before, frontier.size, root)
            if before.size == frontier.size:
                return before
        text = checkpoint_text(log_name(practice), frontier.size, root)
        signed = Checkpoint(
            practice=practice,
            size=frontier.size,
            root=root,
            text=text,
            signature=wired("audit.sign")(text.encode()),
            at=at,
        )
        signed.save()
        return signed


def latest(practice: UUID) -> Checkpoint | None:
    """Return the newest checkpoint of a practice's log. Reading it signs nothing."""
    return Checkpoint.objects.filter(practice=practice).order_by("-size").first()


def edge(practice: UUID) -> tuple[int, str]:
    """Return the log's size and root (hex) as this transaction sees it, for a signed receipt.

    Right after `record` in the same transaction it covers that entry: no append can come between.
    """
    frontier = Frontier.objects.filter(practice=practice).first()
    if frontier is None or frontier.size == 0:
        raise NotFound("This log has no entries yet, so there is nothing to sign.")
    root = tree.root([bytes.fromhex(text) for text in frontier.hashes])
    return frontier.size, root.hex()


def consistency(practice: UUID, first: int, second: int) -> list[str]:
    """Return the proof (hashes in hex) that the log at one size begins with the log at a smaller.

    The asker checks it against two signed roots, so a wrong proof convinces nobody.
    """
    frontier = Frontier.objects.filter(practice=practice).first()
    if frontier is None or not 0 < first <= second <= frontier.size:
        raise BadInput("The log has no such sizes.")
    proof = _proof(practice, lambda read: tree.consistency(first, second, read))
    return [value.hex() for value in proof]


def _require_extension(before: Checkpoint, size: int, root: bytes) -> None:
    proof = _proof(before.practice, lambda read: tree.consistency(before.size, size, read))
    if not tree.extends(before.size, size, old=bytes(before.root), new=root, proof=proof):
        raise LogAltered


def _proof(practice: UUID, make: Callable[[tree.Read], list[bytes]]) -> list[bytes]:
    """Make a proof. Rows that are missing, or a log shorter than what was signed, are an alarm."""
    try:
        return proof_of(practice, make)
    except (tree.BadTree, MissingRows) as broken:
        raise LogAltered from broken
