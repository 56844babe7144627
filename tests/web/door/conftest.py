"""What the share pages need: two photos of Pat, a yes to each use, a link that is out."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from safelight.consent.models import Consent
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from safelight.policy.models import Practice
from safelight.vault import keyring
from tests.conftest import NOON
from tests.consent.talks import keep, talk
from tests.photos.making import filed, picture
from tests.web.door.letting_out import Sent, let_out


@pytest.fixture
def vault(practice: Practice, settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Give the practice its key, and the test its own empty vault."""
    keyring.use(keyring.current().with_practice(practice.pk))
    settings.SAFELIGHT_DATA = tmp_path / "data"
    yield
    keyring.use(None)


@pytest.fixture
def yes(vault: None, pat: Patient, ada: Person) -> Consent:
    """Pat's yes to care here, to a specialist, and to a copy of her own."""
    return keep(pat, ada, talk(uses={"referral": "yes", "patient_copy": "yes"}), agreed_at=NOON)


@pytest.fixture
def photos(yes: Consent, phone: Phone, ada: Person, pat: Patient) -> list[Photo]:
    """Two photos of Pat's left forearm."""
    return [
        filed(phone, ada, pat, consent=str(yes.pk), image=picture(seed), sequence=seed)
        for seed in (1, 2)
    ]


@pytest.fixture
def sent(photos: list[Photo], ada: Person) -> Sent:
    """Both photos, out by a link to a dermatologist, for looking only."""
    return let_out(photos, by=ada)
