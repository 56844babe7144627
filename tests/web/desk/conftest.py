"""What the photo pages need: a data folder, a consent, a photo in Pat's record."""

import pytest

from safelight.consent.models import Consent
from safelight.patients.models import Patient
from safelight.people.models import Person, Phone
from safelight.photos.models import Photo
from tests.photos.conftest import consent, data_folder, keys
from tests.photos.making import filed

__all__ = ["consent", "data_folder", "keys"]


@pytest.fixture
def photo(data_folder: object, consent: Consent, phone: Phone, ada: Person, pat: Patient) -> Photo:
    """A photo that Ada took of Pat's left forearm."""
    return filed(phone, ada, pat, consent=str(consent.pk))
