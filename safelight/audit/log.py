"""Writing the log: an act's entry, in the transaction of the act."""

import os
from datetime import datetime
from uuid import UUID

from django.db import transaction

from safelight.audit import tree
from safelight.audit.actions import ACTIONS, UnknownAction
from safelight.audit.actor import Acting, Actor, as_actor
from safelight.audit.leaf import commitment, leaf_text
from safelight.audit.models import Detail, Entry, Frontier, Node
from safelight.audit.stored import TILE
from safelight.lib.refusals import Refusal
from safelight.lib.wiring import wired

SALT_BYTES = 32
CLOCK_CONFIRMED = "clock.confirmed"
"""After this act its own time is the newest, even if times before were later: they were wrong."""


class OutsideTransaction(Refusal):
    """An entry was about to be written apart from its act: one could stay without the other."""

    code = "audit_outside_transaction"
    status = 500

    def __init__(self) -> None:
        """Say what is missing."""
        super().__init__("An entry is written in the transaction of its act. Nothing was changed.")


class LogDisturbed(Refusal):
    """The log's own rows do not fit together."""

    code = "audit_disturbed"
    status = 500

    def __init__(self) -> None:
        """Say the same sentence whatever does not fit; the verifier says where."""
        super().__init__(
            "The log does not fit together, so nothing was added to it.",
            remedy="Export the log and run the verifier against checkpoints kept elsewhere.",
        )


def record(
    action: str,
    *,
    practice: UUID,
    by: Actor | Acting | None,
    at: datetime,
    of: str = "",
    patient: UUID | None = None,
    purpose: str = "",
    outcome: str = "done",
    detail: str = "",
) -> Entry:
    """Write an act's entry in the caller's transaction, so act and entry stand or fall together.

    Codes and ids go into the leaf for ever; `detail` is free text, sealed and shreddable. Appends
    of one practice wait for each other on its frontier row, so no position is given twice.
    """
    if not transaction.get_connection().in_atomic_block:
        raise OutsideTransaction
    if action not in ACTIONS:
        raise UnknownAction(action)
    actor = as_actor(by)
    salt, ciphertext = _sealed(detail)
    commit = commitment(salt, ciphertext) if detail else ""
    frontier, _ = Frontier.objects.select_for_update().get_or_create(practice=practice)
    entry = Entry(
        practice=practice,
        n=frontier.size,
        at=at,
        actor_id=actor.id if actor else None,
        role=actor.role if actor else "",
        phone_id=actor.phone if actor else None,
        action=action,
        object=of,
        patient=patient,
        purpose=purpose,
        outcome=outcome,
        detail_commit=commit,
    )
    _add_leaf(entry, actor)
    entry.save()
    if detail:
        Detail(entry=entry, salt=salt, ciphertext=ciphertext).save()
    grow(frontier, entry)
    return entry


def _add_leaf(entry: Entry, actor: Actor | None) -> None:
    """Write down what the tree holds: the same that the columns say, and its hash."""
    entry.leaf = leaf_text(
        entry.n,
        entry.action,
        by=actor,
        of=entry.object,
        patient=entry.patient,
        at=entry.at,
        purpose=entry.purpose,
        outcome=entry.outcome,
        detail_commit=entry.detail_commit,
    )
    entry.leaf_hash = tree.leaf_hash(entry.leaf.encode())


def was_entered(
    action: str,
    *,
    practice: UUID,
    by: Actor | Acting,
    patient: UUID,
    since: datetime,
    until: datetime,
) -> bool:
    """Say whether this actor's same act on a patient's record, by the same phone, is entered."""
    actor = as_actor(by)
    entries = Entry.objects.filter(practice=practice, patient=patient, action=action)
    if actor is not None:
        entries = entries.filter(actor_id=actor.id, phone_id=actor.phone)
    found: bool = entries.filter(at__gt=since, at__lte=until).exists()
    return found


def _sealed(detail: str) -> tuple[bytes, bytes]:
    """Seal the detail under a fresh salt, before any row is locked."""
    if not detail:
        return b"", b""
    return os.urandom(SALT_BYTES), wired("audit.seal_detail")(detail)


def grow(frontier: Frontier, entry: Entry) -> None:
    """Move the right edge by one leaf. The size is compared again, should a lock ever not hold."""
    hashes, finished = tree.append(
        frontier.size, [bytes.fromhex(text) for text in frontier.hashes], bytes(entry.leaf_hash)
    )
    for part in finished:
        if part.level and part.level % TILE == 0:
            Node(
                practice=frontier.practice, level=part.level, index=part.index, hash=part.hash
            ).save()
    before = None if entry.action == CLOCK_CONFIRMED else frontier.newest_at
    newest = max(filter(None, (before, entry.at)))
    moved = Frontier.objects.filter(practice=frontier.practice, size=entry.n).update(
        size=entry.n + 1, hashes=[value.hex() for value in hashes], newest_at=newest
    )
    if moved != 1:
        raise LogDisturbed
