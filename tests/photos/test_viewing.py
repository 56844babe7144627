"""Viewing: the entry is durable before the first byte, and without it nothing is shown."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safelight.audit import reading as audit
from safelight.audit.log import LogDisturbed
from safelight.audit.models import Entry, Frontier
from safelight.consent.models import Consent
from safelight.imaging.sandbox import Decoder
from safelight.lib.ids import new_id
from safelight.lib.refusals import NotAllowed, NotFound
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos import renditions, viewing
from safelight.photos.models import Alarm, Photo, Sight
from safelight.photos.viewing import enter_comparison, enter_page, open_rendition
from safelight.vault.blobs import BlobDamaged
from safelight.vault.stores import store
from tests.audit.tampering import without_triggers
from tests.conftest import NOON
from tests.photos.making import filed, picture, spoil


@pytest.fixture
def photo(phone: Phone, ada: Person, pat: Patient, consent: Consent) -> Photo:
    return filed(phone, ada, pat, image=picture(5))


def acts(photo: Photo) -> list[str]:
    found = audit.of_patient(photo.practice_id, photo.patient_id or photo.pk).entries
    return [e.action for e in found if "view" in e.action or "print" in e.action]


@pytest.mark.parametrize(
    ("form", "action"),
    [
        ("view", "photo.viewed"),
        ("full", "photo.viewed"),
        ("thumb", "photo.thumbnails_viewed"),
        ("ghost", "photo.ghost_viewed"),
        ("original", "photo.original_viewed"),
        ("print", "photo.viewed"),
    ],
)
def test_every_form_is_entered_once_with_who_and_what(
    photo: Photo, ada: Person, form: str, action: str
) -> None:
    data = open_rendition(photo, form, by=ada, at=NOON, stepped_up=True)
    assert data[:2] == b"\xff\xd8"
    (entry,) = [e for e in Entry.objects.all() if e.action == action]
    assert (entry.actor_id, entry.object, entry.patient) == (
        ada.pk,
        f"photo:{photo.pk}",
        photo.patient_id,
    )


def test_the_original_comes_bit_for_bit_and_full_size_does_not(photo: Photo, ada: Person) -> None:
    original = open_rendition(photo, "original", by=ada, at=NOON, stepped_up=True)
    assert original == picture(5)
    with Decoder() as decoder:
        full = open_rendition(photo, "full", by=ada, at=NOON)
        assert full != original
        prepared = decoder.prepare(full)
    assert (prepared.width, prepared.height) == (640, 480)


def test_when_the_entry_cannot_be_written_nothing_is_read_or_shown(
    photo: Photo, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with without_triggers():
        Frontier.objects.update(hashes=[])  # the log no longer fits together
    read: list[str] = []

    def get(self: object, name: str) -> bytes:
        read.append(name)
        return b"never shown"

    monkeypatch.setattr(type(store()), "get", get)
    for form in ("view", "thumb", "full", "ghost", "original"):
        with pytest.raises((LogDisturbed, ValueError, IndexError)):
            open_rendition(photo, form, by=ada, at=NOON, stepped_up=True)
    with pytest.raises((LogDisturbed, ValueError, IndexError)):
        enter_page([photo], patient=photo.patient, by=ada, at=NOON)
    assert read == []
    assert not Sight.objects.exists()


def test_the_entry_is_committed_before_the_first_byte_is_read(
    photo: Photo, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, int]] = []
    real = renditions.open_picture

    def watched(photo: Photo, kind: str) -> bytes:
        depth = len(connection.savepoint_ids)
        seen.append((depth == before, Entry.objects.filter(action="photo.viewed").count()))
        return real(photo, kind)

    before = len(connection.savepoint_ids)
    monkeypatch.setattr(viewing, "open_picture", watched)
    open_rendition(photo, "view", by=ada, at=NOON)
    assert seen == [(True, 1)]


def test_who_may_not_see_it_gets_no_byte_and_no_sight(
    photo: Photo, rec: Person, cy: Person
) -> None:
    with pytest.raises(NotAllowed):
        open_rendition(photo, "view", by=rec, at=NOON)
    with pytest.raises(NotFound):
        open_rendition(photo, "view", by=cy, at=NOON)
    assert acts(photo) == []


def test_a_page_of_small_photos_is_one_entry_and_lets_its_pictures_through(
    photo: Photo, phone: Phone, ada: Person, ben: Person, pat: Patient
) -> None:
    other = filed(phone, ada, pat)
    assert enter_page([photo, other], patient=pat, by=ada, at=NOON) == [photo.pk, other.pk]
    for one in (photo, other):
        open_rendition(one, "thumb", by=ada, at=NOON + timedelta(minutes=1))
    assert acts(photo) == ["photo.thumbnails_viewed"]
    open_rendition(photo, "thumb", by=ben, at=NOON)  # another person: an entry of their own
    open_rendition(photo, "thumb", by=ada, at=NOON + timedelta(minutes=16))  # the page is old
    assert acts(photo) == ["photo.thumbnails_viewed"] * 3


def test_a_page_never_lets_the_larger_picture_through_unentered(
    photo: Photo, ada: Person, pat: Patient
) -> None:
    enter_page([photo], patient=pat, by=ada, at=NOON)
    open_rendition(photo, "view", by=ada, at=NOON)
    assert acts(photo).count("photo.viewed") == 1


def test_covered_photos_are_left_off_a_page(photo: Photo, ada: Person, pat: Patient) -> None:
    Photo.objects.filter(pk=photo.pk).update(restricted=True)
    photo.refresh_from_db()
    assert enter_page([photo], patient=pat, by=ada, at=NOON) == []
    assert acts(photo) == []


def looked_at(by: Person, count: int) -> None:
    """Let a person have had so many other photos before them, on pages of small pictures."""
    for start in range(0, count, 50):
        ids = [str(new_id()) for _ in range(min(50, count - start))]
        Sight.objects.create(person=by, photos=ids, at=NOON)


def test_more_than_a_hundred_photos_in_ten_minutes_raise_one_alarm(
    photo: Photo, phone: Phone, ada: Person, pat: Patient
) -> None:
    looked_at(ada, 99)
    for _ in range(3):
        open_rendition(photo, "view", by=ada, at=NOON + timedelta(minutes=1))
    assert not Alarm.objects.exists(), "the same photo again is no more photos"
    for _ in range(2):
        open_rendition(filed(phone, ada, pat), "view", by=ada, at=NOON + timedelta(minutes=2))
    assert Alarm.objects.get().about == f"person:{ada.pk}"
    assert Entry.objects.filter(action="alarm.raised").count() == 1


def test_pages_of_small_photos_count_as_well(
    photo: Photo, phone: Phone, ada: Person, pat: Patient
) -> None:
    looked_at(ada, 99)
    enter_page([photo, filed(phone, ada, pat)], patient=pat, by=ada, at=NOON)
    assert Alarm.objects.get().kind == Alarm.Kind.MANY_VIEWS


def test_what_was_seen_more_than_ten_minutes_ago_counts_no_more(photo: Photo, ada: Person) -> None:
    looked_at(ada, 150)
    open_rendition(photo, "view", by=ada, at=NOON + timedelta(minutes=11))
    assert not Alarm.objects.exists()


def test_a_damaged_blob_is_refused_not_shown(photo: Photo, ada: Person) -> None:
    name = photo.renditions.get(kind="view").blob
    spoil(name)
    with pytest.raises(BlobDamaged):
        open_rendition(photo, "view", by=ada, at=NOON)


def test_comparing_is_entered_for_each_photo(
    photo: Photo, phone: Phone, ada: Person, pat: Patient
) -> None:
    other = filed(phone, ada, pat)
    enter_comparison([photo, other], by=ada, at=NOON)
    found = Entry.objects.filter(action="photo.compared").order_by("n")
    assert [e.object for e in found] == [f"photo:{photo.pk}", f"photo:{other.pk}"]


def test_a_page_costs_no_more_questions_for_more_photos(
    photo: Photo, phone: Phone, ada: Person, pat: Patient
) -> None:
    photos = [photo]
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            enter_page(photos, patient=pat, by=ada, at=NOON)
        counts.append(len(asked))
        photos = [photo, filed(phone, ada, pat), filed(phone, ada, pat)]
    assert counts[0] == counts[1]


def test_a_page_of_one_patient_shows_no_photo_of_another(
    photo: Photo, ada: Person, quinn: Patient
) -> None:
    with pytest.raises(NotFound):
        enter_page([photo], patient=quinn, by=ada, at=NOON)
    assert not Sight.objects.exists()
