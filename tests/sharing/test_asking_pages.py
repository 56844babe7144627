"""Asking for pages: what the patients said is read once, however many photos are listed."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from safelight.people.models import Person
from safelight.photos.models import Photo
from safelight.sharing import choosing, listing
from safelight.sharing.models import Clinician
from safelight.sharing.readiness import missing
from tests.conftest import NOON
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
