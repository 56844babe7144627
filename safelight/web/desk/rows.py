"""Rows and groups: how the today page lists what needs somebody."""

from dataclasses import dataclass, field
from typing import Final

ROOM: Final = 9  # lamps of one kind on the board


@dataclass(frozen=True)
class Row:
    """One thing that needs someone."""

    state: str  # the mark: in, out, alarm; or late, which is heavy and never red
    title: str
    about: str
    words: str
    when: str
    limit: str
    act: str
    url: str


@dataclass(frozen=True)
class Group:
    """Rows that need the same thing."""

    key: str
    title: str
    hint: str
    rows: list[Row] = field(default_factory=list)
    more: str = ""  # what is left out, in words; the page leads to it
    after: int = 0  # where what is left out begins


@dataclass(frozen=True)
class Lamps:
    """One kind of holder on the board: one lamp a copy."""

    words: str
    count: int
    late: int
    url: str = ""  # the page that lists them

    @property
    def states(self) -> list[str]:
        """The lamps there is room for, those that are late first; the number says how many."""
        states = ["alarm"] * min(self.late, ROOM) + ["out"] * min(self.count - self.late, ROOM)
        return states[:ROOM]
