"""Packing: a sealed file to hand on. Nothing of it can be read without the password."""

import io
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import py7zr
from django.db import transaction

from safelight.lib.refusals import NotFound, Refusal
from safelight.patients.sheets import write_sheet
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.policy.sites import sites, view_words
from safelight.sharing.asking import items_of
from safelight.sharing.darkroom import Made
from safelight.sharing.gate import TYPES
from safelight.sharing.models import Package, Release, ReleasedPhoto
from safelight.sharing.papers import packed_pdf, plain_pdf
from safelight.sharing.refusals import MovedOn
from safelight.sharing.rules import ways
from safelight.sharing.sealed import opened_package
from safelight.sharing.standing import (
    back_to,
    note,
    require_acts,
    require_practice,
    require_share_sight,
)
from safelight.vault.sealing import open_text

PDF_TYPE, ARCHIVE_TYPE = "application/pdf", "application/x-7z-compressed"
FILTERS: Final = [{"id": py7zr.FILTER_COPY}, {"id": py7zr.FILTER_CRYPTO_AES256_SHA256}]
"""Stored as it is: compressing a JPEG costs much and saves nothing (performance, section 5)."""
NAME_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

Items = Sequence[tuple[ReleasedPhoto, Made]]


class PackageEnded(Refusal):
    """The sealed file is not kept any more."""

    code = "package_ended"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("This file has ended, so it is not kept here any more.")


@dataclass(frozen=True, slots=True)
class Packed:
    """A sealed file: its bytes, a neutral name, and its type."""

    data: bytes = field(repr=False)
    name: str
    content_type: str


def new_name(taken: set[str]) -> str:
    """Return a random id for a photo of a set: made of nothing that the photo is (APP 2)."""
    while True:
        name = "T-" + "".join(secrets.choice(NAME_LETTERS) for _ in range(8))
        if name not in taken:
            return name


def pack(release: Release, items: Items, *, password: str, at: datetime) -> Packed:
    """Make the sealed file: a PDF (AES-256, revision 6), or an archive whose names are sealed too.

    The photos go in as they were made, bit for bit wherever the form can hold them.
    """
    neutral = f"photos-{at:%Y%m%d}-{str(release.pk)[-4:]}"
    if release.form == ways.PDF:
        data = packed_pdf(release, items, password=password, at=at)
        return Packed(data, f"{neutral}.pdf", PDF_TYPE)
    files = {f"{item.name}.{TYPES[made.kind][1]}": made.data for item, made in items}
    if release.form == ways.TEACHING_SET:
        files["index.csv"] = index_of([item for item, _ in items])
    else:
        files["cover.pdf"] = plain_pdf(release, items, at=at)
    return Packed(_archive(files, password), f"{neutral}.7z", ARCHIVE_TYPE)


def index_of(items: Sequence[ReleasedPhoto]) -> bytes:
    """Return a set's index: random id, body site, view and words. Nobody is in it, and no date.

    No cell can act as a formula (ASVS 1.2.10).
    """
    rows = []
    for item in items:
        site = sites().get(item.photo.site_code)
        view = view_words(item.photo.set_code, item.photo.view)
        rows.append([item.name, site.name if site else "", view, item.words])
    return write_sheet(["id", "site", "view", "words"], rows).encode()


def open_package(release: Release, *, by: Person, at: datetime, stepped_up: bool = False) -> Packed:
    """Give the sender the sealed file, to hand on by a way of their own. It is in the log first."""
    package = _package(release, by=by, at=at, stepped_up=stepped_up)
    with transaction.atomic(durable=True):
        Release.objects.filter(pk=release.pk, taken_at=None).update(taken_at=at)
        note("share.package_taken", release, by=by, at=at)
    return Packed(opened_package(package), package.name, package.media_type)


def password_of(release: Release, *, by: Person, at: datetime, stepped_up: bool = False) -> str:
    """Show the sender the password, to say it by phone: never beside the file.

    It is sealed at rest, no message carries it, and each look is in the log.
    """
    package = _package(release, by=by, at=at, stepped_up=stepped_up)
    with transaction.atomic(durable=True):
        note("share.password_shown", release, by=by, at=at)
    return open_text(bytes(package.sealed_password), context=f"package|{release.pk}")


def _package(release: Release, *, by: Person, at: datetime, stepped_up: bool) -> Package:
    """Return a live package, for its sender or its second person only."""
    require_practice(release, by)
    release.refresh_from_db()
    if by.pk not in (release.made_by_id, release.checked_by_id):
        raise NotFound
    require_share_sight(by, release, at=at)
    act = Act.TEACHING_MAKE if release.form == ways.TEACHING_SET else Act.ORIGINAL_DOWNLOAD
    require_acts(
        by,
        [act],
        patients=[item.patient for item in items_of(release)],
        at=at,
        stepped_up=stepped_up,
        way_back=back_to(release),
    )
    if release.state in (Release.State.ENDED, Release.State.RECALLED):
        raise PackageEnded
    package = Package.objects.select_related("release").filter(release=release).first()
    if package is None or release.state != Release.State.OUT:
        raise MovedOn(release)
    if release.ends_at is not None and release.ends_at <= at:
        raise PackageEnded
    return package


def _archive(files: dict[str, bytes], password: str) -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(
        out, "w", filters=FILTERS, password=password, header_encryption=True
    ) as archive:
        for name, data in files.items():
            archive.writestr(data, name)
    return out.getvalue()
