"""Stores: which one this installation has. Disk and S3 keep the same promises (`blobs.Store`)."""

from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils.module_loading import import_string

from safelight.vault.blobs import BadName, BlobDamaged, BlobMissing, Store, StoreUnreachable
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
    "StoreUnreachable",
    "store",
]


def store() -> Store:
    """Return the store that the settings choose, the same one for the whole process."""
    s3 = getattr(settings, "SAFELIGHT_S3", None)
    if s3:
        return _s3(s3["bucket"], s3.get("endpoint", ""), s3.get("region", ""))
    return _disk(Path(settings.SAFELIGHT_DATA) / "blobs")


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
