"""Rows and groups: how the today page lists what needs somebody."""

from dataclasses import dataclass, field


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


@dataclass(frozen=True)
class Lamps:
    """One kind of holder on the board: one lamp a copy."""

    words: str
    states: list[str]
    url: str = ""  # the page that lists them
