"""Checking the whole log from inside: every leaf, node and checkpoint, against each other.

For the nightly check and after a restore. It finds damage, not a taken-over server: that takes the
separate verifier and checkpoints kept elsewhere.
"""

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
    goal = Frontier.objects.filter(practice=practice).first()
    rows = Entry.objects.filter(practice=practice).order_by("n")
    if goal is not None:
        rows = rows.filter(n__lt=goal.size)
    nodes = _stored_nodes(practice)
    roots = {
        size: bytes(root)
        for size, root in Checkpoint.objects.filter(practice=practice).values_list("size", "root")
    }
    frontier: list[bytes] = []
    size = 0
    for n, leaf, digest in rows.values_list("n", "leaf", "leaf_hash").iterator(ROWS_AT_ONCE):
        found = tree.leaf_hash(leaf.encode())
        if n != size or bytes(digest) != found:
            return size
        frontier, finished = tree.append(size, frontier, found)
        place, size = size, size + 1
        kept = [part for part in finished if part.level and part.level % TILE == 0]
        if any(nodes.get((part.level, part.index)) != part.hash for part in kept):
            return place
        if roots.pop(size, None) not in (None, tree.root(frontier)):
            return place
    whole = goal.hashes if goal else []
    if roots or [value.hex() for value in frontier] != whole or size != (goal.size if goal else 0):
        return size
    return None


def _stored_nodes(practice: UUID) -> dict[tuple[int, int], bytes]:
    rows = Node.objects.filter(practice=practice).values_list("level", "index", "hash")
    return {(level, index): bytes(value) for level, index, value in rows}
