"""The tree as it is stored: leaf hashes in the entries, and every fourth level as nodes.

A proof for a million entries needs about twenty subtrees. Storing every subtree would double the
rows of the log; storing none would read the whole log. One level in four adds one row for every
15 entries; a proof then reads a few hundred hashes at most by their keys, level by level.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from uuid import UUID

from safelight.audit import tree
from safelight.audit.models import Entry, Node

TILE = 4

Place = tuple[int, int]


class MissingRows(LookupError):
    """The log lacks rows that it must have."""


def proof_of(practice: UUID, make: Callable[[tree.Read], list[bytes]]) -> list[bytes]:
    """Make a proof from the stored rows: ask once what it needs, read that, make it.

    A row that is missing raises MissingRows; a wrong one makes a proof that convinces nobody.
    """
    wanted: list[Place] = []

    def ask(level: int, index: int) -> bytes:
        wanted.append((level, index))
        return tree.EMPTY_ROOT

    make(ask)
    stored = _read(practice, {(level, index): _beneath(level, index) for level, index in wanted})
    return make(lambda level, index: stored[level, index])


def _beneath(level: int, index: int) -> list[Place]:
    """Return the stored places that together make a subtree."""
    above = level % TILE
    return [(level - above, (index << above) + place) for place in range(1 << above)]


def _read(practice: UUID, needs: dict[Place, list[Place]]) -> dict[Place, bytes]:
    levels: dict[int, list[int]] = {}
    for level, index in chain.from_iterable(needs.values()):
        levels.setdefault(level, []).append(index)
    found = {
        (level, index): bytes(value)
        for level, wanted in levels.items()
        for index, value in _row(practice, level, wanted)
    }
    return {place: _joined(found, places) for place, places in needs.items()}


def _row(practice: UUID, level: int, wanted: list[int]) -> Iterable[tuple[int, bytes]]:
    """Read one level at the wanted places: a list of keys, which every planner looks up."""
    if level == 0:
        entries = Entry.objects.filter(practice=practice, n__in=wanted)
        return entries.values_list("n", "leaf_hash")
    nodes = Node.objects.filter(practice=practice, level=level, index__in=wanted)
    return nodes.values_list("index", "hash")


def _joined(found: dict[Place, bytes], places: Sequence[Place]) -> bytes:
    if not all(place in found for place in places):
        raise MissingRows("The log lacks entries or nodes that it must have.")
    return tree.perfect([found[place] for place in places])
