"""Packages: nothing can be read without the password, and the photos are in whole."""

import csv
import hashlib
import io
from collections.abc import Callable
from datetime import timedelta

import pikepdf
import py7zr
import pytest
from pypdf import PdfReader

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.lib.refusals import BadInput, NotAllowed, NotFound, Refusal, StepUp
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Copy, Photo
from safelight.sharing import checking, confirming, drafting, packing, printing, teaching
from safelight.sharing.models import Clinician, Package, Release, ReleasedPhoto
from safelight.sharing.packing import index_of
from safelight.sharing.refusals import MovedOn, NotReady
from safelight.sharing.releasing import let_go
from safelight.vault.stores import DiskStore
from tests.conftest import NOON
from tests.consent.talks import keep, talk
from tests.photos.making import everything_on_disk, filed
from tests.sharing.letting import MINUTE, Out, completed, drafted, seen, sent

LATER = NOON + timedelta(minutes=10)
pytestmark = pytest.mark.django_db
NAMES = (b"Testcase", b"TESTCASE", b"Dummy", b"photo-1", b"naevus", b"WL-004417")


def taken(out: Out, by: Person) -> tuple[bytes, str]:
    """Return a package and its password, as its sender takes them."""
    file = packing.open_package(out.release, by=by, at=LATER, stepped_up=True)
    return file.data, packing.password_of(out.release, by=by, at=LATER, stepped_up=True)


@pytest.fixture
def pdf(photos: Callable[[int], list[Photo]], nil: Clinician, ada: Person) -> Out:
    return sent(drafted(photos(3), nil, ada, form="pdf", question="Is this a naevus?"), ada)


@pytest.fixture
def archive(photo: Photo, nil: Clinician, ada: Person) -> Out:
    return sent(drafted([photo], nil, ada, form="archive"), ada)


def test_the_pdf_opens_with_its_password_only_by_aes_256(pdf: Out, ada: Person) -> None:
    data, password = taken(pdf, ada)
    assert not any(name in data for name in NAMES)
    for wrong in ("", password[:-1], password.upper()):
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(data), password=wrong)
    with pikepdf.open(io.BytesIO(data), password=password) as opened:
        told = opened.encryption
        assert (told.R, told.V, told.bits) == (6, 5, 256)
        assert str(told.stream_method).endswith("aesv3")
        assert str(told.file_method).endswith("aesv3")


def test_another_reader_opens_it_too_and_finds_the_cover(pdf: Out, ada: Person) -> None:
    data, password = taken(pdf, ada)
    reader = PdfReader(io.BytesIO(data), password=password)
    cover = " ".join(reader.pages[0].extract_text().split())
    assert len(reader.pages) == 4
    assert "TESTCASE, Pat, born 12 Mar 1968, record WL-004417" in cover
    assert "Is this a naevus?" in cover
    assert "Consent of 14 Oct 2026" in cover
    assert "3 in all" in cover
    assert "photo-2, 2 of 3" in reader.pages[2].extract_text()


def test_the_photos_in_the_pdf_are_the_finished_files_bit_for_bit(pdf: Out, ada: Person) -> None:
    data, password = taken(pdf, ada)
    wanted = [item.sha256 for item in pdf.release.items.all()]
    with pikepdf.open(io.BytesIO(data), password=password) as opened:
        found = [
            hashlib.sha256(next(iter(page.get_images().values())).read_raw_bytes()).hexdigest()
            for page in opened.pages[1:]
        ]
    assert found == wanted


def test_a_hidden_name_is_not_in_the_package(photo: Photo, nil: Clinician, ada: Person) -> None:
    out = sent(drafted([photo], nil, ada, use="peer_opinion", form="pdf"), ada)
    data, password = taken(out, ada)
    cover = PdfReader(io.BytesIO(data), password=password).pages[0].extract_text()
    assert "TESTCASE" not in cover
    assert "Left out on purpose" in cover


def test_the_archive_seals_its_names_as_well(archive: Out, ada: Person) -> None:
    data, password = taken(archive, ada)
    assert not any(name in data for name in NAMES)
    with pytest.raises(Exception):  # noqa: B017, PT011 - py7zr has several for a wrong password
        py7zr.SevenZipFile(io.BytesIO(data), password="wrong words").getnames()
    with py7zr.SevenZipFile(io.BytesIO(data), password=password) as opened:
        assert sorted(opened.getnames()) == ["cover.pdf", "photo-1.jpg"]
        assert opened.needs_password()
        factory = py7zr.io.BytesIOFactory(limit=10**8)
        opened.extractall(factory=factory)
    photo = factory.products["photo-1.jpg"].read()
    assert hashlib.sha256(photo).hexdigest() == archive.release.items.get().sha256


def test_the_password_is_words_sealed_at_rest_and_gone_after_the_end(
    archive: Out, ada: Person
) -> None:
    _, password = taken(archive, ada)
    assert len(password.split()) >= 6
    package = Package.objects.get()
    assert password.encode() not in bytes(package.sealed_password)
    assert password.encode() not in everything_on_disk()
    assert not any(password in entry.leaf for entry in Entry.objects.all())
    assert Entry.objects.filter(action="share.password_shown").count() == 1
    Release.objects.filter(pk=archive.release.pk).update(ends_at=LATER)
    with pytest.raises(Refusal):
        packing.password_of(archive.release, by=ada, at=LATER, stepped_up=True)


def test_a_package_is_for_its_sender_with_the_passkey(
    archive: Out, ada: Person, ben: Person, cy: Person
) -> None:
    with pytest.raises(StepUp):
        packing.open_package(archive.release, by=ada, at=LATER)
    for person in (ben, cy):
        with pytest.raises(NotFound):
            packing.open_package(archive.release, by=person, at=LATER, stepped_up=True)


def test_the_names_of_packages_say_nothing(pdf: Out, ada: Person) -> None:
    name = packing.open_package(pdf.release, by=ada, at=LATER, stepped_up=True).name
    assert name == f"photos-20261014-{str(pdf.release.pk)[-4:]}.pdf"


def test_a_print_is_numbered_and_its_lamp_is_lit(photo: Photo, nil: Clinician, ada: Person) -> None:
    out = sent(drafted([photo], nil, ada, form="print"), ada)
    (page,) = printing.pages(out.release, by=ada, at=LATER)
    copy = Copy.objects.get(holder=Copy.Holder.PAPER)
    assert (page.number, copy.number, copy.outside) == (1, 1, True)
    assert Entry.objects.filter(action="share.printed").count() == 1
    with pytest.raises(MovedOn):
        packing.open_package(out.release, by=ada, at=LATER, stepped_up=True)


def test_all_pages_of_a_print_are_one_entry_and_each_picture_is_opened_once(
    photos: Callable[[int], list[Photo]], nil: Clinician, ada: Person, ben: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = sent(drafted(photos(3), nil, ada, form="print"), ada)
    real, asked = DiskStore.get, []

    def get(store: DiskStore, name: str) -> bytes:
        asked.append(name)
        return real(store, name)

    monkeypatch.setattr(DiskStore, "get", get)
    shown = printing.pages(out.release, by=ada, at=LATER)
    assert [(page.n, page.of, page.number) for page in shown] == [(1, 3, 1), (2, 3, 1), (3, 3, 1)]
    assert asked == []
    printed = Entry.objects.filter(action="share.printed")
    for page in shown:
        picture = printing.page_picture(out.release, page.n, by=ada, at=LATER)
        assert picture.startswith(b"\xff\xd8")
    assert (len(asked), printed.count()) == (3, 1)
    printing.page_picture(out.release, 1, by=ben, at=LATER)
    assert printed.filter(actor_id=ben.pk).count() == 1
    printing.page_picture(out.release, 1, by=ada, at=LATER + timedelta(minutes=16))
    assert printed.filter(actor_id=ada.pk).count() == 2


def test_who_may_not_print_gets_no_picture_of_a_page(
    photo: Photo, nil: Clinician, ada: Person, rec: Person, cy: Person
) -> None:
    out = sent(drafted([photo], nil, ada, form="print"), ada)
    printing.pages(out.release, by=ada, at=LATER)
    for person in (rec, cy):
        with pytest.raises(Refusal):
            printing.page_picture(out.release, 1, by=person, at=LATER)
    ends_at = out.release.ends_at
    assert ends_at is not None
    with pytest.raises(MovedOn):
        printing.page_picture(out.release, 1, by=ada, at=ends_at)


# Teaching sets


@pytest.fixture
def cases(consent: Consent, phone: Phone, ada: Person, pat: Patient, quinn: Patient) -> list[Photo]:
    """Photos of two patients who both said yes to teaching."""
    keep(quinn, ada, talk(uses={"teaching": "yes"}), agreed_at=NOON - timedelta(hours=1))
    return [filed(phone, ada, pat), filed(phone, ada, quinn)]


def made_set(cases: list[Photo], by: Person) -> Release:
    release = teaching.begin_set(
        cases, title="Skin evening", audience="Our registrars", by=by, at=NOON
    )
    return completed(release, None, by, form="teaching_set")


def test_a_teaching_set_takes_two_people_and_stands_in_the_register(
    cases: list[Photo], ada: Person, ben: Person
) -> None:
    release = made_set(cases, ada)
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    assert let_go(NOON + MINUTE) == 0
    release.refresh_from_db()
    with pytest.raises(NotAllowed):
        checking.approve(release, seen=seen(release), by=ada, at=NOON)
    checking.approve(release, seen=seen(release), by=ben, at=NOON)
    assert let_go(NOON + MINUTE) == 1
    (line,) = teaching.register(ada.practice)
    assert (line.number, line.title) == (1, "Skin evening")
    assert (line.release.made_by, line.release.checked_by) == (ada, ben)
    assert line.release.patient is None


def test_a_set_holds_random_ids_and_an_index_with_nobody_in_it(
    cases: list[Photo], ada: Person, ben: Person
) -> None:
    release = made_set(cases, ada)
    confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    release.refresh_from_db()
    checking.approve(release, seen=seen(release), by=ben, at=NOON)
    let_go(NOON + MINUTE)
    release.refresh_from_db()
    file = packing.open_package(release, by=ada, at=LATER, stepped_up=True)
    password = packing.password_of(release, by=ada, at=LATER, stepped_up=True)
    with py7zr.SevenZipFile(io.BytesIO(file.data), password=password) as opened:
        factory = py7zr.io.BytesIOFactory(limit=10**8)
        opened.extractall(factory=factory)
    ids = [item.name for item in release.items.all()]
    assert set(factory.products) == {"index.csv", *(f"{name}.jpg" for name in ids)}
    index = factory.products["index.csv"].read().decode()
    assert [row["id"] for row in csv.DictReader(io.StringIO(index))] == ids
    for case in cases:
        assert case.patient is not None
        told = (case.patient.family, case.patient.record_number, str(case.pk), "2026")
        assert not any(word in index for word in told)
    assert all(name.startswith("T-") and len(name) == 10 for name in ids)


def test_one_patient_without_a_yes_keeps_the_whole_set_in(
    consent: Consent, phone: Phone, ada: Person, pat: Patient, quinn: Patient
) -> None:
    keep(quinn, ada, talk(uses={"teaching": "no"}), agreed_at=NOON - timedelta(hours=1))
    cases = [filed(phone, ada, pat), filed(phone, ada, quinn)]
    with pytest.raises(Refusal, match="said no to teaching"):
        made_set(cases, ada)


def test_a_name_in_the_words_of_a_set_is_refused(cases: list[Photo], ada: Person) -> None:
    release = made_set(cases, ada)
    item = release.items.select_related("release").last()
    assert item is not None
    drafting.set_words(item, words="Quinn again", by=ada, at=NOON)
    with pytest.raises(NotReady, match="hold the patient’s name"):
        confirming.confirm(release, seen=seen(release), by=ada, at=NOON)


def test_a_registrar_makes_sets_of_their_own_patients_only(
    cases: list[Photo], reg: Person, rec: Person
) -> None:
    assert made_set(cases, reg).made_by == reg  # Ada supervises, and is these patients' GP
    with pytest.raises(NotAllowed):
        made_set(cases, rec)


def test_a_registrar_takes_a_set_only_while_all_its_patients_are_theirs(
    cases: list[Photo], reg: Person, ben: Person
) -> None:
    release = made_set(cases, reg)
    confirming.confirm(release, seen=seen(release), by=reg, at=NOON)
    checking.approve(release, seen=seen(release), by=ben, at=NOON)
    let_go(NOON + MINUTE)
    assert packing.open_package(release, by=reg, at=LATER, stepped_up=True).data
    reg.supervisor = None
    with pytest.raises(NotAllowed, match="own patients only"):
        packing.open_package(release, by=reg, at=LATER, stepped_up=True)
    with pytest.raises(NotAllowed, match="own patients only"):
        packing.password_of(release, by=reg, at=LATER, stepped_up=True)


def test_photos_of_two_patients_are_no_ordinary_share(cases: list[Photo], ada: Person) -> None:
    with pytest.raises(BadInput, match="not all of one patient"):
        drafting.begin_release(cases, use="referral", by=ada, at=NOON)


def test_no_cell_of_an_index_is_a_formula() -> None:
    photo = Photo(site_code="", view="close_up")
    cells = ("=1+1", "@x", "-2", "  =1+1", "＝1+1")
    rows = [ReleasedPhoto(name="T-2", words=words, photo=photo) for words in cells]
    told = list(csv.reader(io.StringIO(index_of(rows).decode())))
    assert [row[3] for row in told[1:]] == [f"'{cell}" for cell in cells]
