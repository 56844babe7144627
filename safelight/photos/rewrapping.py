"""Rewrapping: the practice's key is followed by another, and what it wrapped is wrapped anew.

The key that wraps the photos' keys has epochs (security-design, sections 2 and 5). Making the next
one is one change of the keyring; from then on everything is wrapped by it. The worker wraps the
rest anew, a little at a time, and destroys the old key once it wraps nothing.
"""

import logging
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final

from django.db import transaction

from safelight.audit import reading as audit
from safelight.audit.log import record
from safelight.lib.refusals import Refusal
from safelight.lib.wraps import Kept, Wrap, wraps
from safelight.policy.models import Practice
from safelight.vault import keyring
from safelight.vault.sealing import rewrap, under_epochs

log = logging.getLogger(__name__)

EPOCH_LIVES: Final = timedelta(days=365)
"""How long keys are wrapped by one key of the practice (security-design, section 2)."""
REST: Final = timedelta(days=1)
"""How long an old key stays after the last wrap by it was replaced. An act that read such a wrap,
or made one, may still write it or open it; the longest takes minutes."""
BATCH: Final = 200
"""Keys in one transaction: some 20 ms, so that no photo waits for it."""
MOST: Final = 2000
"""Keys wrapped anew in one minute: a hundred thousand in under an hour."""

TELL_EVERY: Final = timedelta(days=1)
"""How often the log of the server names the same key that does not open."""
_told: dict[tuple[str, Any], datetime] = {}
MADE, REWRAPPED, ENDED = "key.epoch_made", "key.rewrapped", "key.epoch_ended"


def begin_epoch(practice: Practice, *, after: int, at: datetime) -> int:
    """Make the practice's next key, if `after` is still the newest; return the newest epoch.

    It is durable before anything is wrapped by it, and the old ones stay. Every process sees it at
    its next wrap. A crash before the entry leaves it to the next run: it reads the keyring.
    """
    ring = keyring.change(
        lambda ring: (
            ring.next_epoch(practice.pk) if ring.newest_epoch(practice.pk) == after else ring
        )
    )
    write_down(practice, at=at)
    return ring.newest_epoch(practice.pk)


def begin_when_due(practice: Practice, *, at: datetime) -> bool:
    """Make a practice's next key if its newest is a year old; say whether it was."""
    write_down(practice, at=at)
    newest = keyring.current().newest_epoch(practice.pk)
    if began_at(practice, newest) > at - EPOCH_LIVES:
        return False
    return begin_epoch(practice, after=newest, at=at) > newest


def began_at(practice: Practice, epoch: int) -> datetime:
    """Return when an epoch began: the first one with the practice, a later one by its entry."""
    entries = audit.of_object(practice.pk, _name(epoch), actions=[MADE], limit=1).entries
    return entries[0].at if entries else practice.created_at


def waiting(practice: Practice) -> int:
    """Return how many keys of a practice are still wrapped by an older key than the newest."""
    bounds = under_epochs(0, keyring.current().newest_epoch(practice.pk))
    return sum(wrap.count(practice.pk, bounds) for wrap in wraps())


def stuck(practice: Practice, *, at: datetime) -> int:
    """Return how many keys an older key still wraps after a day in which all could be brought over.

    What is left then does not open, and keeps the old key from being destroyed.
    """
    newest = keyring.current().newest_epoch(practice.pk)
    return waiting(practice) if began_at(practice, newest) < at - REST else 0


def rewrap_some(*, at: datetime, most: int = MOST) -> int:
    """Wrap anew what older keys wrap, up to so many keys; return how many were.

    With one epoch in the keyring there is nothing to look for, which is nearly always.
    """
    done = 0
    for practice in Practice.objects.order_by("pk"):
        if len(keyring.current().epochs(practice.pk)) > 1:
            for wrap in wraps():
                done += _rewrap_table(practice, wrap, most=most - done, at=at)
    return done


def _rewrap_table(practice: Practice, wrap: Wrap, *, most: int, at: datetime) -> int:
    """Go through one table in batches, each a transaction of its own."""
    done, after = 0, None
    while done < most:
        with transaction.atomic():
            bounds = under_epochs(0, keyring.current().newest_epoch(practice.pk))
            batch = wrap.between(practice.pk, bounds, most=min(BATCH, most - done), after=after)
            count = sum(_rewrap_one(wrap, kept, at=at) for kept in batch)
            if count:
                newest = keyring.current().newest_epoch(practice.pk)
                record(
                    REWRAPPED,
                    practice=practice.pk,
                    by=None,
                    at=at,
                    of=_name(newest),
                    detail=f"{count} keys",
                )
        if not batch:
            break
        done, after = done + count, batch[-1].row
    return done


def _rewrap_one(wrap: Wrap, kept: Kept, *, at: datetime) -> bool:
    """Wrap one key anew, bound as before. One that does not open is told, and keeps its old key.

    It is told once a day, for it is tried every minute.

    A key bound to another patient, or thrown away, between the reading and now is left as it is.
    """
    try:
        wrapped = rewrap(
            kept.wrapped,
            practice=kept.practice,
            photo=kept.photo,
            old_patient=kept.patient,
            new_patient=kept.patient,
        )
    except Refusal as trouble:
        name = (wrap.model, kept.row)
        if name not in _told or not _told[name] <= at < _told[name] + TELL_EVERY:
            _told[name] = at
            log.warning("key of %s %s not wrapped anew: %s", *name, trouble.code)
        return False
    return wrap.put(kept, wrapped)


def end_epochs(practice: Practice, *, at: datetime) -> int:
    """Destroy, in every copy of the keyring, the old keys that wrap nothing; return how many.

    They rest a day after the last wrap of theirs was replaced, so that no act under way is left
    with a wrap that opens no more. The newest is never among them. Nothing is looked for and then
    destroyed apart: on SQLite nobody writes between, on PostgreSQL the day is what is between.
    """
    write_down(practice, at=at)
    epochs = keyring.current().epochs(practice.pk)
    if len(epochs) < 2 or _last_wrapped(practice, epochs[-1]) > at - REST:
        return 0
    with transaction.atomic():
        used = (old for old, newer in pairwise(epochs) if _is_used(practice, old, newer))
        before = next(used, epochs[-1])
        if before > epochs[0]:
            keyring.change(lambda ring: ring.without_epochs(practice.pk, before=before))
    write_down(practice, at=at)
    return sum(epoch < before for epoch in epochs)


def _is_used(practice: Practice, epoch: int, newer: int) -> bool:
    return any(wrap.count(practice.pk, under_epochs(epoch, newer)) for wrap in wraps())


def _last_wrapped(practice: Practice, newest: int) -> datetime:
    """Return when a wrap was last replaced by the newest key, or when that key was made."""
    told = audit.of_object(practice.pk, _name(newest), actions=[MADE, REWRAPPED], limit=1)
    return told.entries[0].at


def write_down(practice: Practice, *, at: datetime) -> None:
    """Write what became of the practice's keys and is not in its log yet.

    The keyring comes first and the log follows it, so nothing stays unsaid after a crash between.
    That a key was destroyed is said only once no copy of the keyring has it.
    """
    if any(action == ENDED for action, _ in _unsaid(practice)):
        keyring.change(lambda ring: ring, everywhere=True)
    with transaction.atomic():
        for action, of in _unsaid(practice):
            record(action, practice=practice.pk, by=None, at=at, of=of)


def _unsaid(practice: Practice) -> list[tuple[str, str]]:
    """Return the acts on a practice's keys that the keyring shows and the log lacks."""
    held, unsaid = keyring.current().epochs(practice.pk), []
    for epoch in range(1, held[-1] + 1 if held else 0):
        told = audit.of_object(practice.pk, _name(epoch), actions=[MADE, ENDED]).entries
        wanted = [MADE] * (epoch > 1) + [ENDED] * (epoch not in held)
        said = {entry.action for entry in told}
        unsaid += [(action, _name(epoch)) for action in wanted if action not in said]
    return unsaid


def _name(epoch: int) -> str:
    """Name an epoch as the log does."""
    return f"kek:{epoch}"
