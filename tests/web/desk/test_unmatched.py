"""The tray: a photo without a patient finds one, or stays where it is."""

from collections.abc import Callable

import pytest
from django.test import Client

from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos import reading
from safelight.photos.models import Photo
from tests.conftest import NOON
from tests.consent.talks import keep
from tests.photos.making import filed, unmatched

Desk = Callable[[Person], Client]


@pytest.fixture
def waiting(data_folder: object, phone: Phone, ada: Person) -> Photo:
    """A photo taken offline, with the consent and the name that came beside it."""
    return unmatched(phone, ada)


def test_the_tray_says_who_waits_and_reception_sees_no_picture(
    waiting: Photo, ada: Person, rec: Person, at_desk: Desk
) -> None:
    assert "Find the patient" in at_desk(ada).get("/unmatched").content.decode()
    page = at_desk(rec).get("/unmatched").content.decode()
    assert "A clinician matches it" in page
    assert at_desk(rec).get(f"/photos/{waiting.pk}/view.jpg").status_code == 403


def test_the_tray_counts_every_photo_and_goes_on_to_the_next(
    waiting: Photo, phone: Phone, ada: Person, at_desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = unmatched(phone, ada)
    monkeypatch.setattr(reading, "ROWS", 1)
    client = at_desk(ada)
    page = client.get("/unmatched").content.decode()
    assert "2 photos have no patient yet." in page
    assert "1 more, newer than these." in page
    assert f"/unmatched/{newer.pk}" not in page
    page = client.get("/unmatched?from=1").content.decode()
    assert f"/unmatched/{newer.pk}" in page
    assert "newer than these" not in page


def test_a_match_needs_a_consent_that_covers_it(
    waiting: Photo, ada: Person, quinn: Patient, at_desk: Desk
) -> None:
    Photo.objects.filter(pk=waiting.pk).update(waiting_consent=None)
    answer = at_desk(ada).post(f"/unmatched/{waiting.pk}", {"to": str(quinn.pk)})
    assert answer.status_code == 403
    assert "Not matched." in answer.content.decode()
    assert Photo.objects.get(pk=waiting.pk).patient is None


def test_a_match_puts_it_into_the_record(
    waiting: Photo, ada: Person, pat: Patient, at_desk: Desk
) -> None:
    client = at_desk(ada)
    assert "File this photo for TESTCASE, Pat?" in (
        client.get(f"/unmatched/{waiting.pk}?to={pat.pk}").content.decode()
    )
    answer = client.post(f"/unmatched/{waiting.pk}", {"to": str(pat.pk)})
    assert answer["Location"] == f"/photos/{waiting.pk}"
    assert Photo.objects.get(pk=waiting.pk).patient == pat
    assert client.get(f"/photos/{waiting.pk}/view.jpg").status_code == 200
    page = client.get(f"/photos/{waiting.pk}").content.decode()
    assert "If that is the wrong patient, choose “Wrong patient?” and say why." in page
    assert f'href="/photos/{waiting.pk}/move"' in page


def test_a_photo_that_looks_like_one_in_the_record_is_said_so_before_it_is_filed(
    waiting: Photo, ada: Person, pat: Patient, quinn: Patient, phone: Phone, at_desk: Desk
) -> None:
    keep(pat, ada, agreed_at=NOON)
    there = filed(phone, ada, pat)  # the same picture, sent another way
    client = at_desk(ada)
    page = client.get(f"/unmatched/{waiting.pk}?to={pat.pk}").content.decode()
    assert "It looks like 1 photo in this record already" in page
    assert f'href="/photos/{there.pk}"' in page
    other = client.get(f"/unmatched/{waiting.pk}?to={quinn.pk}").content.decode()
    assert "It looks like" not in other


def test_the_tray_says_a_birth_date_as_people_do_and_the_rail_counts(
    waiting: Photo, ada: Person, at_desk: Desk
) -> None:
    for address in ("/unmatched", f"/unmatched/{waiting.pk}"):
        page = at_desk(ada).get(address).content.decode()
        assert "Testcase, Pat, born 12 Mar 1968" in page
        assert "1968-03-12" not in page
    assert "Not matched<span>1</span>" in at_desk(ada).get("/").content.decode()
    Photo.objects.filter(pk=waiting.pk).update(patient_hint="Somebody")
    assert "Somebody" in at_desk(ada).get("/unmatched").content.decode()


def test_a_search_that_finds_nobody_shows_no_empty_table(
    waiting: Photo, ada: Person, at_desk: Desk
) -> None:
    page = at_desk(ada).post(f"/unmatched/{waiting.pk}", {"q": "zzyzx"}).content.decode()
    assert "Nobody by that name, date or number." in page
    assert "<thead>" not in page
