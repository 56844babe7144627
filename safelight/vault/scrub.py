"""Scrub: read every blob again and name the bad ones. It needs no key: names are hashes."""

from collections.abc import Iterable
from dataclasses import dataclass

from safelight.vault.blobs import BadName, BlobDamaged, BlobMissing, Store


@dataclass(frozen=True)
class Scrubbed:
    """What a scrub found. An alarm names these blobs, and the backup brings them back."""

    checked: int
    damaged: tuple[str, ...]
    missing: tuple[str, ...]


def scrub(store: Store, *, expected: Iterable[str] | None = None) -> Scrubbed:
    """Read blobs and compare each with its name; by default every one that the store holds.

    `expected` is what the rows say must be there: a blob that is gone is found only by that list.
    A store that does not answer is refused, not taken for loss.
    """
    checked, damaged, missing = 0, [], []
    for name in store.names() if expected is None else expected:
        checked += 1
        try:
            store.get(name)
        except (BlobDamaged, BadName):
            damaged.append(name)
        except BlobMissing:
            missing.append(name)
    return Scrubbed(checked, tuple(damaged), tuple(missing))
