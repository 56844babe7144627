"""Papers: the cover and the pages of a package as a PDF, with the photos as they were made."""

import io
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pikepdf

from safelight.imaging.metadata import jpeg_profile
from safelight.lib.typesetting import drawn
from safelight.photos.darkroom import decoder
from safelight.policy.dates import day_words, local_day
from safelight.policy.settings import setting
from safelight.sharing.asking import use_words
from safelight.sharing.darkroom import Made
from safelight.sharing.models import Release, ReleasedPhoto

Items = Sequence[tuple[ReleasedPhoto, Made]]

MARGIN, TOP, BOTTOM = 56.7, 130.0, 62.0
"""Points kept free around a photo: 20 mm at the sides, the caption above, the footer below."""
SPACES: Final = {1: pikepdf.Name.DeviceGray, 3: pikepdf.Name.DeviceRGB}
SOF: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
HEADING: Final = "Clinical photos"


def packed_pdf(release: Release, items: Items, *, password: str, at: datetime) -> bytes:
    """Return the PDF, sealed with AES-256 (revision 6): words, photos and metadata alike."""
    with _with_photos(release, items, at=at) as pdf:
        out = io.BytesIO()
        sealed = pikepdf.Encryption(
            user=password, owner=secrets.token_urlsafe(32), R=6, aes=True, metadata=True
        )
        pdf.save(out, encryption=sealed)
        return out.getvalue()


def plain_pdf(release: Release, items: Items, *, at: datetime) -> bytes:
    """Return the cover by itself, to lie beside the photos inside a sealed archive."""
    return _drawn(_words(release, items, at=at, pages=False), at=at)


def _with_photos(release: Release, items: Items, *, at: datetime) -> pikepdf.Pdf:
    pdf = pikepdf.open(io.BytesIO(_drawn(_words(release, items, at=at, pages=True), at=at)))
    for number, (item, made) in enumerate(items, start=1):
        jpeg = made.data if _fits(made) else decoder().full(made.data)
        _place(pdf, pdf.pages[number], jpeg, title=f"{item.name}, {number} of {len(items)}")
    return pdf


def _fits(made: Made) -> bool:
    """Say whether a PDF can hold these bytes as they are: a JPEG in grey or three colours."""
    return made.kind == "jpeg" and components(made.data) in SPACES


def _place(pdf: pikepdf.Pdf, page: pikepdf.Page, jpeg: bytes, *, title: str) -> None:
    """Put a JPEG on a page, bit for bit, as large as the page allows."""
    count = components(jpeg)
    wide, high = _size(jpeg)
    image = pikepdf.Stream(
        pdf,
        jpeg,
        Type=pikepdf.Name.XObject,
        Subtype=pikepdf.Name.Image,
        Width=wide,
        Height=high,
        ColorSpace=_space(pdf, jpeg, count),
        BitsPerComponent=8,
        Filter=pikepdf.Name.DCTDecode,
    )
    name = page.add_resource(image, pikepdf.Name.XObject)
    box = [float(value) for value in page.mediabox]
    room_wide, room_high = box[2] - 2 * MARGIN, box[3] - TOP - BOTTOM
    scale = min(room_wide / wide, room_high / high)
    left = (box[2] - wide * scale) / 2
    low = BOTTOM + room_high - high * scale
    alt = title.encode("ascii", "replace").decode()
    page.contents_add(
        (
            f"/Span <</Alt ({alt})>> BDC q {wide * scale:.3f} 0 0 {high * scale:.3f} "
            f"{left:.3f} {low:.3f} cm {name} Do Q EMC"
        ).encode()
    )


def _space(pdf: pikepdf.Pdf, jpeg: bytes, count: int) -> Any:
    """Return the colours a JPEG means: its own profile where it has one."""
    profile = jpeg_profile(memoryview(jpeg))
    if not profile:
        return SPACES[count]
    stream = pikepdf.Stream(pdf, profile, N=count, Alternate=SPACES[count])
    return pikepdf.Array([pikepdf.Name.ICCBased, pdf.make_indirect(stream)])


def _frame(jpeg: bytes) -> int:
    """Return where a JPEG's frame header begins (ITU-T T.81, B.2.2). It was proved clean before."""
    place = 2
    while place + 9 < len(jpeg):
        marker = jpeg[place + 1]
        if marker in SOF:
            return place
        place += 2 + int.from_bytes(jpeg[place + 2 : place + 4], "big")
    raise ValueError("A JPEG has a frame.")


def _size(jpeg: bytes) -> tuple[int, int]:
    at = _frame(jpeg)
    return (
        int.from_bytes(jpeg[at + 7 : at + 9], "big"),
        int.from_bytes(jpeg[at + 5 : at + 7], "big"),
    )


def components(jpeg: bytes) -> int:
    """Return how many colours a JPEG has."""
    return jpeg[_frame(jpeg) + 9]


def _drawn(told: dict[str, Any], *, at: datetime) -> bytes:
    return drawn("safelight.sharing", "package", told, at=at)


def _words(release: Release, items: Items, *, at: datetime, pages: bool) -> dict[str, Any]:
    """Return what the cover says: patient, question, basis, and how many photos there are."""
    practice, patient = release.practice, release.patient
    facts = [("To", ", ".join(filter(None, (release.recipient_name, release.recipient_kind))))]
    if patient is not None:
        hidden = "Left out on purpose"
        named = f"{patient.name}, born {day_words(patient.born)}, record {patient.record_number}"
        facts.append(("Patient", hidden if release.name_hidden else named))
    bases = list(dict.fromkeys(item.basis for item, _ in items if item.basis))
    day = local_day(at, practice.zone)
    facts += [
        ("What for", use_words(release.use)),
        ("Why it may leave", "; ".join(bases)),
        ("Photos", f"{len(items)} in all"),
        ("Made", f"{day_words(day)} by {release.made_by.name}"),
        ("Copyright", setting(practice, "copyright_owner") or practice.name),
    ]
    return {
        "title": HEADING,
        "heading": HEADING,
        "practice": practice.name,
        "address": practice.address,
        "facts": facts,
        "question": release.question,
        "terms": setting(practice, "share_terms"),
        "footer": f"{practice.name}. {practice.contact}",
        "photos": [
            {"title": f"{item.name}, {n} of {len(items)}", "words": item.words}
            for n, (item, _) in enumerate(items, start=1)
        ]
        if pages
        else [],
    }
