"""Stores: which one this installation has. Disk and S3 keep the same promises (`blobs.Store`)."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from safelight.vault import keyring
from safelight.vault.blobs import (
    BadName,
    BlobDamaged,
    BlobMissing,
    Store,
    StoreOfAnother,
    StoreUnreachable,
)
from safelight.vault.disk import DiskStore
from safelight.vault.files import ReadOnly, StoreFull

__all__ = [
    "BadName",
    "BlobDamaged",
    "BlobMissing",
    "DiskStore",
    "ReadOnly",
    "Store",
    "StoreFull",
    "StoreOfAnother",
    "StoreUnreachable",
    "require_own_store",
    "store",
]


def store() -> Store:
    """Return the store that the settings choose, the same one for the whole process."""
    s3 = getattr(settings, "SAFELIGHT_S3", None)
    if s3:
        return _s3(s3["bucket"], s3.get("endpoint", ""), s3.get("region", ""))
    return _disk(Path(settings.SAFELIGHT_DATA) / "blobs")


def require_own_store() -> None:
    """Refuse the store of another installation: what its rows name, ours do not, and a sweep of
    ours would set it aside. The mark is made from this keyring, so a restored one still fits.
    """
    store().require_owner(keyring.current().derived("vault/store-owner/v1").hex())


@cache
def _disk(folder: Path) -> Store:
    return DiskStore(folder)


@cache
def _s3(bucket: str, endpoint: str, region: str) -> Store:
    # Named, not imported: a practice without S3 does not load its library at every start.
    made: Store = import_string("safelight.vault.s3.S3Store")(
        bucket, endpoint=endpoint, region=region
    )
    return made
