"""Checking the whole log from inside: every leaf, node and checkpoint, against each other.

For the nightly check and after a restore. It finds damage, not a taken-over server: that takes the
separate verifier and checkpoints kept elsewhere.
"""

from collections.abc import Iterator
from uuid import UUID

from safelight.audit import tree
from safelight.audit.models import Checkpoint, Entry, Frontier, Node
from safelight.audit.stored import TILE

ROWS_AT_ONCE = 2000


def first_wrong(practice: UUID) -> int | None:
    """Return the first position at which the log does not fit together, or None if it is whole.

    Reads every entry in order, with memory that does not grow. A checkpoint that does not agree is
    blamed on the last position it covers, as it cannot say which one before.
    """
    # Checkpoints first, then the frontier: whatever is added meanwhile, one covers the other.
    marks = Checkpoint.objects.filter(practice=practice).order_by("size")
    newest = marks.last()
    if newest is not None:
        marks = marks.filter(size__lte=newest.size)
    goal = Frontier.objects.filter(practice=practice).first()
    size_now, edge_now = (goal.size, goal.hashes) if goal else (0, [])
    signed = marks.values_list("size", "root").iterator(ROWS_AT_ONCE)
    mark = next(signed, None)
    nodes: dict[int, Iterator[tuple[int, bytes]]] = {}
    frontier: list[bytes] = []
    size = 0
    for n, leaf, digest in _entries(practice, goal):
        found = tree.leaf_hash(leaf.encode())
        if n != size or bytes(digest) != found:
            return size
        frontier, finished = tree.append(size, frontier, found)
        place, size = size, size + 1
        for part in finished:
            if part.level and part.level % TILE == 0:
                row = nodes.setdefault(part.level, _nodes(practice, part.level))
                if next(row, None) != (part.index, part.hash):
                    return place
        if mark and mark[0] == size:
            if bytes(mark[1]) != tree.root(frontier):
                return place
            mark = next(signed, None)
    fits = size == size_now and [value.hex() for value in frontier] == edge_now
    return None if fits and mark is None else size


def _entries(practice: UUID, goal: Frontier | None) -> Iterator[tuple[int, str, bytes]]:
    """Read entries in order, up to the frontier as it was: more may be added meanwhile."""
    rows = Entry.objects.filter(practice=practice).order_by("n")
    if goal is not None:
        rows = rows.filter(n__lt=goal.size)
    return rows.values_list("n", "leaf", "leaf_hash").iterator(ROWS_AT_ONCE)


def _nodes(practice: UUID, level: int) -> Iterator[tuple[int, bytes]]:
    """Read the stored nodes of a level in order."""
    rows = Node.objects.filter(practice=practice, level=level).order_by("index")
    for index, value in rows.values_list("index", "hash").iterator(ROWS_AT_ONCE):
        yield index, bytes(value)
