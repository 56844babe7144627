"""A package of ten photos of 12 megapixels, against the same bytes put together by bare libraries.

PDF: cover and captions by typst, photos by pikepdf, AES-256 (revision 6). Archive: 7z, stored,
AES-256, names sealed. Then the whole way of a release, as the worker goes it: ask again, make each
copy from its original, hold it against what was looked at, seal, read back, pack, write it down.
"""

import io
import os
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pikepdf
import py7zr

from bench.cast import patient_who_agreed, practice_with_doctor
from bench.measuring import say, table, timed
from bench.parcels import new_phone, pictures, seal
from bench.place import Place
from bench.tree import cpu
from safelight.people.models import Person, Phone
from safelight.photos import receiving
from safelight.photos.filing import file_capture
from safelight.photos.models import Photo
from safelight.sharing import drafting
from safelight.sharing.asking import items_of
from safelight.sharing.confirming import confirm
from safelight.sharing.darkroom import Made
from safelight.sharing.models import Release
from safelight.sharing.packing import FILTERS, pack
from safelight.sharing.previewing import make_item
from safelight.sharing.releasing import let_go

COUNT, RUNS = 10, 15
MOST = 1.5
"""How many times the bare library's CPU packing may take: a cover, captions and names beside it."""
PASSWORD = "six made up words for this"
SIZE = (595.3, 841.9)


def bare_pdf(photos: Sequence[Made]) -> bytes:
    """Put the JPEGs on one page each with pikepdf and seal it: no cover, no words."""
    pdf, out = pikepdf.new(), io.BytesIO()
    for photo in photos:
        page = pdf.add_blank_page(page_size=SIZE)
        image = pikepdf.Stream(
            pdf, photo.data, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Image,
            Width=photo.width, Height=photo.height, ColorSpace=pikepdf.Name.DeviceRGB,
            BitsPerComponent=8, Filter=pikepdf.Name.DCTDecode,
        )  # fmt: skip
        name = page.add_resource(image, pikepdf.Name.XObject)
        page.contents_add(f"q 480 0 0 360 57 300 cm {name} Do Q".encode())
    pdf.save(out, encryption=pikepdf.Encryption(user=PASSWORD, owner=PASSWORD, R=6, aes=True))
    return out.getvalue()


def bare_archive(photos: Sequence[Made]) -> bytes:
    """Put the JPEGs into a 7z, stored, with AES-256 and sealed names: no cover."""
    out = io.BytesIO()
    with py7zr.SevenZipFile(
        out, "w", filters=FILTERS, password=PASSWORD, header_encryption=True
    ) as archive:
        for number, photo in enumerate(photos, start=1):
            archive.writestr(photo.data, f"photo-{number}.jpg")
    return out.getvalue()


def filed(doctor: Person, patient: UUID) -> list[Photo]:
    """File ten photos of a patient by the acts, in this process."""
    key = new_phone(doctor, "Bench phone")
    phone = Phone.objects.select_related("practice", "owner").get(pk=key.phone)
    drawn = pictures(2)
    for number in range(COUNT):
        parcel = seal(key, doctor, patient, drawn[number % len(drawn)])
        capture, at = UUID(parcel.capture), datetime.now(UTC)
        offer = receiving.Offer(size=len(parcel.raw), sha256=parcel.sha256, sealed_at=at)
        receiving.begin_sending(phone, capture, offer, at=at)
        arriving = receiving.capture_of(phone, capture)
        receiving.add_piece(receiving.arrival_of(arriving), offset=0, piece=parcel.raw)
        receiving.finish(arriving, at=at)
        file_capture(capture, at=at)
    return list(Photo.objects.filter(patient=patient).select_related("patient", "practice"))


def drafted(photos: list[Photo], doctor: Person, form: str) -> Release:
    """Go through every step of a release with ten photos, up to the card."""
    at = datetime.now(UTC)
    release = drafting.begin_release(photos, use="disclosure", by=doctor, at=at, stepped_up=True)
    facts = {"reference": "B-1", "asked_by": "Bench"}
    drafting.set_basis(
        release, code="LEGAL_CLAIM", reason="The bench asks", facts=facts, by=doctor, at=at
    )
    drafting.set_recipient(release, name="Bench reader", by=doctor, at=at)
    drafting.set_form(release, form=form, by=doctor, at=at)
    for item in release.items.select_related("release", "photo__patient__practice"):
        drafting.preview(item, by=doctor, at=at, stepped_up=True)
    return release


def whole_way(photos: list[Photo], doctor: Person, form: str) -> float:
    """Return the CPU milliseconds, with those of the sandbox, in which a release goes out."""
    release, at = drafted(photos, doctor, form), datetime.now(UTC)
    seen = {str(item.pk): item.sha256 for item in release.items.all()}
    confirm(release, seen=seen, by=doctor, at=at, stepped_up=True)
    begin = cpu(os.getpid())
    let_go(at + timedelta(seconds=1))
    spent = (cpu(os.getpid()) - begin) * 1000
    release.refresh_from_db()
    if release.state != Release.State.OUT:
        raise RuntimeError(release.end_words)
    return spent


def packings(
    photos: list[Photo], doctor: Person
) -> tuple[list[Made], dict[str, Callable[[], bytes]]]:
    """Return the finished copies, and our packing of them by form."""
    at = datetime.now(UTC)
    releases = {form: drafted(photos, doctor, form) for form in ("pdf", "archive")}
    items = {form: items_of(release) for form, release in releases.items()}
    made = [make_item(item) for item in items["pdf"]]

    def ours(form: str) -> Callable[[], bytes]:
        pairs = list(zip(items[form], made, strict=True))
        return lambda: pack(releases[form], pairs, password=PASSWORD, at=at).data

    return made, {form: ours(form) for form in releases}


def run(where: Place) -> bool:
    """Measure in one go. Returns whether packing is near enough to what bare libraries take."""
    say("Drawing and filing ten photos …")
    practice, doctor = practice_with_doctor()
    photos = filed(doctor, patient_who_agreed(practice, doctor))
    made, ours = packings(photos, doctor)
    plain = where.data.parent / "plain"
    for number, photo in enumerate(made):
        (plain / str(number)).parent.mkdir(exist_ok=True)
        (plain / str(number)).write_bytes(photo.data)
    copied = timed(lambda: copy_all(plain), runs=RUNS).cpu_p50
    bare = {"pdf": lambda: bare_pdf(made), "archive": lambda: bare_archive(made)}
    spent = {form: timed(act, runs=RUNS).cpu_p50 for form, act in bare.items()}
    packed = {form: timed(act, runs=RUNS).cpu_p50 for form, act in ours.items()}
    whole = {form: whole_way(photos, doctor, form) for form in ours}
    ratios = {form: packed[form] / spent[form] for form in ours}
    names = {"pdf": "PDF, AES-256", "archive": "7z, AES-256, names sealed"}
    for form, name in names.items():
        table(
            f"A package of {COUNT} photos of 12 MP ({sum(one.size for one in made) / 1e6:.0f} MB): "
            f"{name}. CPU, middle of {RUNS} runs",
            f"the same bytes by the bare library, {spent[form]:.0f} ms "
            f"(copied as files: {copied:.0f} ms)",
            [
                ("packed, with cover and words", f"{packed[form]:.0f} ms",
                 f"{ratios[form]:.2f} x (most: {MOST})"),
                ("whole way: made, proved, sealed, read back, packed", f"{whole[form]:.0f} ms",
                 f"{whole[form] / spent[form]:.1f} x"),
            ],
        )  # fmt: skip
    return all(ratio <= MOST for ratio in ratios.values())


def copy_all(folder: Path) -> None:
    """Copy ten files."""
    for number in range(COUNT):
        shutil.copyfile(folder / str(number), folder / "copy")
