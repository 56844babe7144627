"""Blobs: what every store agrees on. A blob's name is the SHA-256 of its sealed bytes."""

import hashlib
import re
from collections.abc import Iterator
from typing import Protocol

from safelight.lib.refusals import Refusal

NAME = re.compile(r"[0-9a-f]{64}\Z")
# 64 MiB and the few bytes that sealing adds; a larger file in a store was not put there by us.
MAX_STORED_BYTES = 64 * 1024 * 1024 + 1024


class BlobMissing(Refusal):
    """The store does not hold this blob."""

    code = "blob_missing"
    status = 404


class BlobDamaged(Refusal):
    """The stored bytes are not the ones that were put there."""

    code = "blob_damaged"


class BadName(Refusal):
    """This is no blob's name, so it never becomes a path."""

    code = "bad_blob_name"
    status = 400


class StoreUnreachable(Refusal):
    """The store did not answer, so nothing can be said of what it holds."""

    code = "store_unreachable"
    status = 503


class StoreOfAnother(Refusal):
    """The store bears the mark of another installation, whose photos a sweep would set aside."""

    code = "store_of_another"

    def __init__(self) -> None:
        """Say what to change."""
        super().__init__(
            "This photo store belongs to another Safelight. Nothing was changed.",
            remedy="With S3, name a bucket of its own under `s3_bucket`. On disk, keys and photos"
            " of two installations were mixed: bring back the whole data folder from one backup.",
        )


class Store(Protocol):
    """Where sealed blobs lie. No store holds a key, and each checks what it gives."""

    def put(self, data: bytes) -> str:
        """Keep bytes and return their name. When it returns, they survive a power cut."""
        ...

    def get(self, name: str) -> bytes:
        """Return the bytes of this name, or refuse: a changed byte is never given out."""
        ...

    def exists(self, name: str) -> bool:
        """Say whether the store holds this name; the bytes are not read."""
        ...

    def delete(self, name: str) -> bool:
        """Remove a blob; say whether it was there. Removing it twice changes nothing."""
        ...

    def names(self) -> Iterator[str]:
        """Give the name of every blob held, in order."""
        ...

    def put_at(self, name: str) -> float:
        """Return since when a blob is held (Unix seconds)."""
        ...

    def set_aside(self, name: str, *, at: float) -> None:
        """Take a blob out of the store, whole, to where `aside` lists it and nothing reads it."""
        ...

    def aside(self) -> Iterator[tuple[str, float]]:
        """Give every blob that was set aside, and when."""
        ...

    def bring_back(self, name: str) -> None:
        """Put a blob that was set aside back in its place."""
        ...

    def drop_aside(self, name: str) -> None:
        """Remove a blob that was set aside, for good."""
        ...

    def sweep(self, *, now: float) -> int:
        """Remove what a crash left half-written in the store itself; return how much."""
        ...

    def require_owner(self, owner: str) -> None:
        """Refuse a store that bears another's mark; the first to ask marks it (StoreOfAnother)."""
        ...


def name_of(data: bytes) -> str:
    """Return the name that sealed bytes must have."""
    return hashlib.sha256(data).hexdigest()


def require_name(name: str) -> str:
    """Return a name that is one; anything else is refused before it can become a path."""
    if not NAME.match(name):
        raise BadName("This is not the name of a stored photo.")
    return name


def require_whole(data: bytes, name: str) -> bytes:
    """Return bytes whose hash is their name; damaged ones are refused."""
    if name_of(data) != name:
        raise damaged()
    return data


def damaged() -> BlobDamaged:
    """Return the refusal for bytes that changed in the store."""
    return BlobDamaged(
        "The stored photo was damaged, so it is not shown.",
        remedy="Bring it back from the backup.",
    )


def missing() -> BlobMissing:
    """Return the refusal for a blob that is not there."""
    return BlobMissing(
        "The stored photo is not where it should be.", remedy="Bring it back from the backup."
    )
