"""What the photo tests share: keys for both practices, a consent, and a decoder that stays."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from safelight.consent.models import Consent
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.policy.sites import sites
from safelight.vault import keyring
from tests.conftest import NOON
from tests.consent.talks import keep


@pytest.fixture(autouse=True)
def data_folder(keys: None, settings: Settings, tmp_path: Path) -> Path:
    """Give each test its own empty vault and inbox."""
    settings.SAFELIGHT_DATA = tmp_path / "data"
    return tmp_path / "data"


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


@pytest.fixture
def corpus() -> Callable[[str], bytes]:
    """Return a reader of the picture corpus."""
    folder = Path(__file__).parents[1] / "imaging" / "corpus"
    return lambda name: (folder / name).read_bytes()


@pytest.fixture
def sensitive_site() -> str:
    """Return a body site whose photos are covered until asked for."""
    return next(site.code for site in sites().values() if site.sensitive and not site.paired)
