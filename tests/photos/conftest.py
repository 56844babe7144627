"""What the photo tests share: keys for both practices, a consent, and a decoder that stays."""

from collections.abc import Iterator

import pytest

from safelight.consent.models import Consent
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.vault import keyring
from tests.conftest import NOON
from tests.consent.talks import keep


@pytest.fixture(autouse=True)
def keys(practice: Practice, other_practice: Practice) -> Iterator[None]:
    """Give both practices their key, in memory; the database's own key stays the saved one."""
    ring = keyring.current()
    keyring.use(ring.with_practice(practice.pk).with_practice(other_practice.pk))
    yield
    keyring.use(None)


@pytest.fixture
def consent(pat: Patient, ada: Person) -> Consent:
    """Pat's yes to photos for care."""
    return keep(pat, ada, agreed_at=NOON)
