"""Sweeping: blobs that no row names are set aside for a week, and then go for good.

A crash between blob and row leaves such a blob (security-design, section 4). Whoever sweeps must
trust the clock, so the caller does not while it is in doubt.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from safelight.lib.shelves import Shelf
from safelight.vault.blobs import NAME, BlobMissing, Store

YOUNG: Final = 24 * 3600.0
"""Seconds in which a blob may still be waiting for its row."""
ASIDE_FOR: Final = 7 * 24 * 3600.0
"""Seconds in which a blob set aside can be brought back."""
MOST: Final = 300
"""More than that many at once is no crash but a wrong database: then nothing is touched."""
AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep did, by name."""

    aside: tuple[str, ...] = ()
    back: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    too_many: bool = False


def sweep(store: Store, shelves: Sequence[Shelf], *, now: float) -> Swept:
    """Set aside what no row names for a day, bring back what one names again, drop after a week.

    Nothing that a row names is touched: each name is asked for again right before it moves. It may
    run twice at once, and be cut off anywhere.
    """
    if not shelves:
        return Swept()
    back, gone = _settle_aside(store, shelves, now=now)
    found = list(_old_and_unnamed(store, shelves, now=now))
    if len(found) > MOST:
        return Swept(back=back, gone=gone, too_many=True)
    aside = _unnamed_now(found, shelves)
    for name in aside:
        store.set_aside(name, at=now)
    return Swept(tuple(aside), back, gone)


def _settle_aside(
    store: Store, shelves: Sequence[Shelf], *, now: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Bring back, or drop for good, what an earlier sweep set aside."""
    since = {name: at for name, at in store.aside() if NAME.match(name)}
    nobodys = set(_unnamed_now(list(since), shelves))
    back = tuple(name for name in since if name not in nobodys)
    gone = tuple(name for name in since if name in nobodys and since[name] < now - ASIDE_FOR)
    for name in back:
        store.bring_back(name)
    for name in gone:
        store.drop_aside(name)
    return back, gone


def _old_and_unnamed(store: Store, shelves: Sequence[Shelf], *, now: float) -> Iterator[str]:
    """Give the blobs that no row names and that are older than a day, up to one too many."""
    named = heapq.merge(*(shelf.names() for shelf in shelves))
    ours = filter(NAME.match, store.names())  # a strange name would be out of order
    count = 0
    for name in without(ours, named):
        if _is_old(store, name, now=now):
            yield name
            count += 1
            if count > MOST:
                return


def _is_old(store: Store, name: str, *, now: float) -> bool:
    try:
        return store.put_at(name) < now - YOUNG
    except BlobMissing:
        return False


def _unnamed_now(names: Sequence[str], shelves: Sequence[Shelf]) -> list[str]:
    """Return the names that no shelf holds at this moment."""
    held: set[str] = set()
    for start in range(0, len(names), AT_ONCE):
        part = names[start : start + AT_ONCE]
        held.update(*(shelf.holding(part) for shelf in shelves))
    return [name for name in names if name not in held]


def without(held: Iterable[str], named: Iterable[str]) -> Iterator[str]:
    """Give what is in the first and not in the second; both are in order, neither is kept whole."""
    rest = iter(named)
    following = next(rest, None)
    for name in held:
        while following is not None and following < name:
            following = next(rest, None)
        if name != following:
            yield name
