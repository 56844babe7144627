"""Ending keys: that one was destroyed is said only once no copy of the keyring has it.

The keyring notes what is still to be said, so the next run finishes what was cut off.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from safelight.audit import reading as audit
from safelight.audit.log import record
from safelight.policy.models import Practice
from safelight.vault import keyring
from safelight.vault.keys import Keyring


def end_keys(
    leave_out: Callable[[Keyring], Keyring], told: Sequence[tuple[str, str]], *, at: datetime
) -> None:
    """Leave something out of every copy of the keyring, then say in every log what was ended.

    `told` are acts and what each is about. Nothing is left out where a log cannot be written.
    """
    _finish(lambda ring: replace(leave_out(ring), unsaid=(*ring.unsaid, *told)), tuple(told), at=at)


def finish_ending(*, at: datetime) -> None:
    """Save every copy anew, and say what ended, where a run that was to do it was cut off."""
    told = keyring.current().unsaid
    if told:
        _finish(lambda ring: ring, told, at=at)


def _finish(
    alter: Callable[[Keyring], Keyring], told: tuple[tuple[str, str], ...], *, at: datetime
) -> None:
    """Write the entries, save three generations, and only then let the entries count."""
    with transaction.atomic():
        for practice in Practice.objects.order_by("pk"):
            for action, of in told:
                if not audit.of_object(practice.pk, of, actions=[action], limit=1).entries:
                    record(action, practice=practice.pk, by=None, at=at, of=of)
        keyring.change(alter, everywhere=True)
    keyring.change(
        lambda ring: replace(ring, unsaid=tuple(one for one in ring.unsaid if one not in told))
    )
