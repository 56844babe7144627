"""The tree as it is stored: leaf hashes in the entries, and every fourth level as nodes.

A proof for a million entries needs about twenty subtrees. Storing every subtree would double the
rows of the log; storing none would read the whole log. One level in four adds one row for every
15 entries, and a proof then reads at most a few hundred hashes through the indexes, in two queries.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

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
    leaves = [places for places in needs.values() if places[0][0] == 0]
    nodes = [places for places in needs.values() if places[0][0] > 0]
    found: dict[Place, bytes] = {}
    if leaves:
        ranges = _any_of(Q(n__gte=some[0][1], n__lte=some[-1][1]) for some in leaves)
        entries = Entry.objects.filter(ranges, practice=practice)
        found |= {(0, n): bytes(hash_) for n, hash_ in entries.values_list("n", "leaf_hash")}
    if nodes:
        ranges = _any_of(
            Q(level=some[0][0], index__gte=some[0][1], index__lte=some[-1][1]) for some in nodes
        )
        rows = Node.objects.filter(ranges, practice=practice)
        found |= {
            (level, index): bytes(hash_)
            for level, index, hash_ in rows.values_list("level", "index", "hash")
        }
    return {place: _joined(found, places) for place, places in needs.items()}


def _any_of(conditions: Iterable[Q]) -> Q:
    return reduce(or_, conditions)


def _joined(found: dict[Place, bytes], places: Sequence[Place]) -> bytes:
    if not all(place in found for place in places):
        raise MissingRows("The log lacks entries or nodes that it must have.")
    return tree.perfect([found[place] for place in places])
