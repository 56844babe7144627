"""The tree as it is stored: leaf hashes in the entries, and every eighth level as nodes.

A proof for a million entries needs about forty subtrees. Storing every subtree would double the
rows of the log; storing none would read the whole log. One level in eight adds one row for every
255 entries, and a proof then reads a few hundred hashes through the index.
"""

from uuid import UUID

from safelight.audit import tree
from safelight.audit.models import Entry, Node

TILE = 8


class MissingRows(LookupError):
    """The log lacks rows that it must have."""


def reader(practice: UUID) -> tree.Read:
    """Return a function giving any finished subtree of a practice's log, from a few short reads."""

    def read(level: int, index: int) -> bytes:
        above = level % TILE
        first, count = index << above, 1 << above
        stored = level - above
        if stored:
            rows = Node.objects.filter(
                practice=practice, level=stored, index__gte=first, index__lt=first + count
            ).order_by("index")
            hashes = [bytes(value) for value in rows.values_list("hash", flat=True)]
        else:
            entries = Entry.objects.filter(practice=practice, n__gte=first, n__lt=first + count)
            hashes = [
                bytes(value) for value in entries.order_by("n").values_list("leaf_hash", flat=True)
            ]
        if len(hashes) != count:
            raise MissingRows("The log lacks entries or nodes that it must have.")
        return tree.perfect(hashes)

    return read
