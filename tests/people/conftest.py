"""A second manager, so that the first may be acted upon."""

import pytest

from safelight.people.models import Person
from safelight.policy.models import Practice
from tests.conftest import NOON


@pytest.fixture
def may(practice: Practice) -> Person:
    """Another manager."""
    return Person.objects.create(
        practice=practice,
        given="May",
        family="Madeup",
        email="may@madeup.example",
        roles=["M"],
        joined_at=NOON,
    )
