"""Asking for pages: what the patients said is read once, however many photos are listed."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.sharing import choosing, listing
from safelight.sharing.models import Clinician
from safelight.sharing.readiness import missing
from tests.conftest import NOON
from tests.consent.talks import keep, talk
from tests.photos.making import filed
from tests.sharing.letting import drafted

pytestmark = pytest.mark.django_db


def test_a_page_asks_what_a_patient_said_once_however_many_photos_there_are(
    photos: Callable[[int], list[Photo]], nil: Clinician, ada: Person
) -> None:
    asked: dict[str, set[int]] = {}
    for count in (1, 4):
        release = drafted(photos(count), nil, ada)
        pages: dict[str, Callable[[], object]] = {
            "choices": partial(choosing.choices, release, at=NOON),
            "said": partial(choosing.said_on, release, at=NOON),
            "missing": partial(missing, release, at=NOON),
            "taught": partial(listing.may_be_taught, ada, use="teaching", at=NOON),
        }
        for name, page in pages.items():
            with CaptureQueriesContext(connection) as told:
                page()
            asked.setdefault(name, set()).add(len(told))
    assert {name: len(counts) for name, counts in asked.items()} == dict.fromkeys(asked, 1), asked


def test_a_site_narrows_the_patients_before_a_page_is_cut_off(
    photo: Photo, quinn: Patient, phone: Phone, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(quinn, ada, talk(uses={"teaching": "yes"}), agreed_at=NOON - timedelta(hours=1))
    other = filed(phone, ada, quinn)
    Photo.objects.filter(pk=photo.pk).update(site_code="22943007", side="")
    monkeypatch.setattr(listing, "MOST_PATIENTS", 1)  # a page full at the first by name
    taught = partial(listing.may_be_taught, ada, use="teaching", at=NOON)
    (first,) = taught(site_code=other.site_code)
    assert (first.patient, first.photos) == (quinn, [other])
    (second,) = taught(site_code="22943007")
    assert (second.patient, second.photos) == (photo.patient, [photo])
