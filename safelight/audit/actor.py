"""Who acts, as the log knows them: numbers and a role, never a name."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Actor:
    """The one who did something: their id, the role they did it in, and the phone they used."""

    id: UUID | None
    role: str
    phone: UUID | None = None


class Acting(Protocol):
    """Anything that can say who acts: a person, a signed-in request, a paired phone."""

    def actor(self) -> Actor:
        """Return the actor to write in the log."""
        ...


def as_actor(by: Actor | Acting | None) -> Actor | None:
    """Return the actor behind what an act was given. Nobody (the server itself) stays None."""
    if by is None or isinstance(by, Actor):
        return by
    return by.actor()
