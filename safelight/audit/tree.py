"""The tree of RFC 6962, section 2, as pure functions: append, root, proofs and their checks.

Only the right edge of the tree (the frontier) is needed to append. Proofs read finished subtrees
through a function `read(level, index)`: the hash over the leaves from index·2^level, 2^level many.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

Read = Callable[[int, int], bytes]

EMPTY_ROOT = sha256(b"").digest()


class BadTree(ValueError):
    """Sizes or hashes were given that no tree can have."""


@dataclass(frozen=True, slots=True)
class Subtree:
    """A finished subtree: 2^level leaves, the index-th of its level, and its hash."""

    level: int
    index: int
    hash: bytes


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf. Its prefix keeps it from ever passing for a node."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash over two subtrees, prefixed so that it never passes for a leaf."""
    return sha256(b"\x01" + left + right).digest()


def append(size: int, frontier: Sequence[bytes], leaf: bytes) -> tuple[list[bytes], list[Subtree]]:
    """Add one leaf hash to a tree of `size` leaves; return the new frontier and what it finished.

    The frontier holds one hash per bit set in the size, largest subtree first, so a tree of a
    thousand million leaves needs at most thirty. A frontier that does not fit its size is refused.
    """
    if size < 0 or len(frontier) != size.bit_count():
        raise BadTree("The frontier does not fit the size of the tree.")
    hashes = list(frontier)
    newest = Subtree(0, size, leaf)
    finished = [newest]
    while (size >> newest.level) & 1:
        level = newest.level + 1
        newest = Subtree(level, size >> level, node_hash(hashes.pop(), newest.hash))
        finished.append(newest)
    return [*hashes, newest.hash], finished


def root(frontier: Sequence[bytes]) -> bytes:
    """Return the root of the tree with this frontier; without leaves, the hash of nothing."""
    return _join(frontier) if frontier else EMPTY_ROOT


def consistency(first: int, second: int, read: Read) -> list[bytes]:
    """Return the proof that the smaller tree is the beginning of the larger (RFC 6962, 2.1.2)."""
    if not 0 < first <= second:
        raise BadTree("A proof leads from a tree with leaves to one that is no smaller.")
    start, end = 0, second
    proof = []
    while end != first:
        middle = _middle(start, end)
        if first <= middle:
            proof.append(_range_hash(middle, end, read))
            end = middle
        else:
            proof.append(_range_hash(start, middle, read))
            start = middle
    if start:
        proof.append(_range_hash(start, end, read))
    return proof[::-1]


def extends(first: int, second: int, *, old: bytes, new: bytes, proof: Sequence[bytes]) -> bool:
    """Say whether the proof shows the tree `new` to begin with the tree `old` (RFC 9162, 2.1.4.2).

    Sizes are taken as given: only signed checkpoints bind them to the roots.
    """
    if not 0 < first <= second or not _are_hashes([old, new, *proof]):
        return False
    if first == second:
        return not proof and old == new
    path = [old, *proof] if first.bit_count() == 1 else list(proof)
    if not path:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    found_old = found_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            found_old, found_new = node_hash(sibling, found_old), node_hash(sibling, found_new)
            place, last = _climb(place, last)
        else:
            found_new = node_hash(found_new, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and found_old == old and found_new == new


def perfect(hashes: Sequence[bytes]) -> bytes:
    """Return the hash over subtrees of one level that together make one finished subtree."""
    if not hashes or len(hashes).bit_count() != 1:
        raise BadTree("Only a power of two of subtrees makes a finished one.")
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def _climb(place: int, last: int) -> tuple[int, int]:
    """Step up over levels where this place, as the last of its row, has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _middle(start: int, end: int) -> int:
    """Return where RFC 6962 splits: after the largest power of two below the count of leaves."""
    return start + (1 << ((end - start - 1).bit_length() - 1))


def _range_hash(start: int, end: int, read: Read) -> bytes:
    return _join([read(level, index) for level, index in _pieces(start, end)])


def _pieces(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut a range into finished subtrees. Its start is a multiple of the first one's size."""
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def _join(hashes: Sequence[bytes]) -> bytes:
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes))


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == sha256().digest_size for value in values)
