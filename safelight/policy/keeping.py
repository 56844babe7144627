"""Keeping policy: who may change it. Duties lie a floor above, so they are asked by a wire."""

from typing import Protocol
from uuid import UUID

from safelight.audit.actor import Actor
from safelight.lib.refusals import NotFound
from safelight.lib.wiring import wired
from safelight.policy.models import Practice


class Keeper(Protocol):
    """Whoever changes a policy: somebody of a practice, as the log knows them."""

    practice_id: UUID

    def actor(self) -> Actor:
        """Return the actor to write in the log."""
        ...


def require_keeper(by: Keeper, practice: Practice) -> None:
    """Refuse whoever has not the duty, or keeps another practice's policy, before all else."""
    wired("policy.duty")(by)
    if by.practice_id != practice.pk:
        raise NotFound
