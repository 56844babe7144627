"""What the phone's door tests share: a phone with its own key, and an empty vault."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.vault import keyring
from tests.signing_in import new_phone
from tests.web.phone.calling import Caller


@pytest.fixture
def receiver(
    practice: Practice,
    other_practice: Practice,
    ada: Person,
    settings: Settings,
    tmp_path: Path,
) -> Iterator[Caller]:
    """Ada's phone, able to call the receiver, over an empty vault and inbox."""
    ring = keyring.current()
    keyring.use(ring.with_practice(practice.pk).with_practice(other_practice.pk))
    settings.SAFELIGHT_DATA = tmp_path / "data"
    phone, signer = new_phone(practice, ada)
    yield Caller(phone, signer)
    keyring.use(None)
