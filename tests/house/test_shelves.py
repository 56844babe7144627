"""Every column that names a blob stands on a shelf, so that no stored photo is swept away."""

import re
from pathlib import Path

from django.apps import apps

from safelight.lib.shelves import shelves

PACKAGE = Path(__file__).resolve().parents[2] / "safelight"
# Who stores bytes, and the shelf on which their names stand.
STORING = {
    "photos/renditions.py": "photos.Rendition",
    "consent/papers.py": "consent.PaperScan",
    "sharing/sealed.py": "sharing.ReleasedPhoto sharing.Package",
}


def naming_blobs() -> set[tuple[str, str]]:
    return {
        (model._meta.label, field.name)
        for model in apps.get_models()
        if model.__module__.startswith("safelight.")
        for field in model._meta.concrete_fields
        if "blob" in field.name
    }


def test_every_column_that_names_a_blob_is_on_a_shelf() -> None:
    assert {(shelf.model, shelf.column) for shelf in shelves()} == naming_blobs()


def test_whoever_stores_bytes_has_a_shelf() -> None:
    found = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if re.search(r"store\(\)\.put\(|\bS3Store\(|\bDiskStore\(", path.read_text())
    } - {"vault/stores.py"}
    assert found == set(STORING)
    assert {shelf.model for shelf in shelves()} == set(" ".join(STORING.values()).split())
