"""What the sharing tests share: keys, a vault, a patient who said yes, and a way out."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from safelight.consent.models import Consent
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from safelight.sharing.models import Clinician
from safelight.vault import keyring
from tests.conftest import NOON
from tests.consent.talks import keep, talk
from tests.photos.making import filed


@pytest.fixture(autouse=True)
def data_folder(keys: None, settings: Settings, tmp_path: Path) -> Path:
    """Give each test its own empty vault and inbox."""
    settings.SAFELIGHT_DATA = tmp_path / "data"
    return tmp_path / "data"


@pytest.fixture(autouse=True)
def keys(practice: Practice, other_practice: Practice) -> Iterator[None]:
    """Give both practices their key, in memory."""
    ring = keyring.current()
    keyring.use(ring.with_practice(practice.pk).with_practice(other_practice.pk))
    yield
    keyring.use(None)


@pytest.fixture
def consent(pat: Patient, ada: Person) -> Consent:
    """Pat's yes to care, a specialist, advice and teaching; social media was not asked about."""
    uses = dict.fromkeys(("referral", "peer_opinion", "teaching", "patient_copy"), "yes")
    return keep(pat, ada, talk(uses=uses), agreed_at=NOON - timedelta(hours=1))


@pytest.fixture
def photo(consent: Consent, phone: Phone, ada: Person, pat: Patient) -> Photo:
    """A photo of Pat, filed."""
    return filed(phone, ada, pat)


@pytest.fixture
def photos(
    consent: Consent, phone: Phone, ada: Person, pat: Patient
) -> Callable[[int], list[Photo]]:
    """Return a maker of several photos of Pat."""
    return lambda count: [filed(phone, ada, pat) for _ in range(count)]


@pytest.fixture
def nil(practice: Practice, ada: Person) -> Clinician:
    """Dr Nil Dummy, a dermatologist in the address book, verified a week ago."""
    return Clinician.objects.create(
        practice=practice,
        name="Dr Nil Dummy",
        organisation="Skin Rooms",
        email="nil@dummy.example",
        mobile="0491 570 006",
        kind="Skin specialist (dermatologist)",
        added_at=NOON - timedelta(days=7),
        added_by=ada,
        verified_at=NOON - timedelta(days=7),
        verified_by=ada,
        verified_how="Rang the rooms on the number in the directory",
    )
