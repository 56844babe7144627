"""The cast. Times are told from NOON; people, patients and places are plainly made up."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from safelight.patients.models import Patient, Visit
from safelight.people.models import Person, Phone
from safelight.policy.models import Notice, Practice
from tests.audit.emptying import log_can_be_emptied as log_can_be_emptied
from tests.leaks import Guard
from tests.signing_in import signed_in_client

NOON = datetime(2026, 10, 14, 1, 0, tzinfo=UTC)  # noon in Exampleton (Sydney time, AEDT)

POINTS = ("why", "what_for", "who_sees", "where_kept", "name", "how_long")

GUARD = Guard()


@pytest.fixture(autouse=True)
def nothing_leaks() -> Iterator[None]:
    """Fail whoever writes a name, a note or a link's token into a log, or reaches outside."""
    yield
    assert GUARD.found() == []


def _practice(name: str) -> Practice:
    practice = Practice.objects.create(
        name=name,
        address="1 Wattle Lane, Exampleton NSW 2999",
        contact="02 5550 0100",
        jurisdiction="NSW",
        zone="Australia/Sydney",
        created_at=NOON - timedelta(days=400),
    )
    Notice.objects.create(
        practice=practice,
        version=1,
        points=[{"key": key, "title": key, "words": f"About {key}."} for key in POINTS],
        since=NOON - timedelta(days=400),
    )
    return practice


@pytest.fixture
def practice(db: None) -> Practice:
    return _practice("Wattle Lane Family Practice")


@pytest.fixture
def other_practice(db: None) -> Practice:
    return _practice("Other Street Surgery")


def _person(practice: Practice, given: str, family: str, roles: list[str], **words: Any) -> Person:
    return Person.objects.create(
        practice=practice,
        given=given,
        family=family,
        email=f"{given}@{family}.example".lower(),
        roles=roles,
        joined_at=NOON - timedelta(days=300),
        **words,
    )


@pytest.fixture
def ada(practice: Practice) -> Person:
    """A GP, who may do all that a GP may."""
    return _person(practice, "Ada", "Specimen", ["GP"], title="Dr")


@pytest.fixture
def ben(practice: Practice) -> Person:
    """A nurse."""
    return _person(practice, "Ben", "Placeholder", ["NU"])


@pytest.fixture
def reg(practice: Practice, ada: Person) -> Person:
    """A registrar supervised by Ada."""
    return _person(practice, "Reg", "Standin", ["RG"], title="Dr", supervisor=ada)


@pytest.fixture
def rec(practice: Practice) -> Person:
    """Reception."""
    return _person(practice, "Rec", "Dummyname", ["RE"])


@pytest.fixture
def mo(practice: Practice) -> Person:
    """The manager, who is also the privacy officer."""
    return _person(practice, "Mo", "Prototype", ["M", "P"])


@pytest.fixture
def ivy(practice: Practice) -> Person:
    """The IT person."""
    return _person(practice, "Ivy", "Pretend", ["IT"])


@pytest.fixture
def cy(other_practice: Practice) -> Person:
    """A GP of another practice."""
    return _person(other_practice, "Cy", "Fictional", ["GP"], title="Dr")


def make_patient(practice: Practice, given: str, family: str, number: str, **words: Any) -> Patient:
    """Add a patient row as the tables want it."""
    words = {"born": date(1968, 3, 12), "sex": "F", **words}
    return Patient.objects.create(
        practice=practice,
        given=given,
        family=family,
        search_name=f"{family} {given}".lower(),
        search_given=f"{given} {family}".lower(),
        record_number=number,
        added_at=NOON - timedelta(days=200),
        **words,
    )


@pytest.fixture
def pat(practice: Practice, ada: Person) -> Patient:
    """A patient in Ada's care, with a visit today."""
    patient = make_patient(
        practice, "Pat", "Testcase", "WL-004417", usual_gp=ada, address="14 Sample Street"
    )
    Visit.objects.create(
        practice=practice, patient=patient, person=ada, starts_at=NOON, reason="Skin check"
    )
    return patient


@pytest.fixture
def visit(pat: Patient) -> Visit:
    return pat.visits.get()


@pytest.fixture
def quinn(practice: Practice, ada: Person) -> Patient:
    """Another patient in Ada's care."""
    patient = make_patient(practice, "Quinn", "Sample", "WL-004418", usual_gp=ada)
    Visit.objects.create(practice=practice, patient=patient, person=ada, starts_at=NOON)
    return patient


@pytest.fixture
def stranger(other_practice: Practice, cy: Person) -> Patient:
    """A patient of the other practice."""
    return make_patient(other_practice, "Sam", "Elsewhere", "OS-1", usual_gp=cy)


@pytest.fixture
def phone(practice: Practice, ada: Person) -> Phone:
    """Ada's paired phone. Its key is a placeholder; tests that sign make their own."""
    return Phone.objects.create(
        practice=practice,
        owner=ada,
        name="Ada’s phone",
        public_key=b"",
        paired_at=NOON - timedelta(days=30),
        paired_by=ada.pk,
    )


@pytest.fixture
def at_desk() -> Callable[[Person], Client]:
    """Return a browser in which a person has just signed in (so step-up is fresh)."""

    def open_desk(person: Person) -> Client:
        return signed_in_client(person)

    return open_desk
