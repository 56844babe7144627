"""The server's clock on the desk: who is asked, who may confirm it, and what it opens again."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from safelight.lib.clock import now
from safelight.people.models import Person
from safelight.photos.alarms import alarm_for, raise_alarm
from safelight.photos.clock import in_doubt
from safelight.photos.models import Alarm
from tests.signing_in import signed_in_client

Desk = Callable[[Person], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def doubt(mo: Person) -> Alarm:
    at = now() - timedelta(minutes=1)
    raise_alarm(Alarm.Kind.CLOCK, practice=None, about="server:clock", at=at)
    return Alarm.objects.get()


def test_manager_and_it_are_asked_and_nobody_else(
    doubt: Alarm, mo: Person, ivy: Person, ada: Person, at_desk: Desk
) -> None:
    for person in (mo, ivy):
        page = at_desk(person).get("/").content.decode()
        assert "The server’s clock is in doubt" in page
        assert 'href="/clock"' in page
    assert 'href="/clock"' not in at_desk(ada).get("/").content.decode()
    assert at_desk(ada).post("/clock").status_code == 403
    assert in_doubt(now())


def test_confirming_it_ends_the_doubt(doubt: Alarm, ivy: Person, at_desk: Desk) -> None:
    client = at_desk(ivy)
    assert "The time above is right" in client.get("/clock").content.decode()
    assert in_doubt(now())
    assert client.post("/clock").status_code == 302
    assert not in_doubt(now())
    assert "is not in doubt" in client.get("/clock").content.decode()
    doubt.refresh_from_db()
    assert doubt.ended_by == ivy


def test_it_takes_a_fresh_signature(doubt: Alarm, ivy: Person) -> None:
    answer = signed_in_client(ivy, stepped_up=False).post("/clock")
    assert (answer.status_code, answer.headers["Location"][:8]) == (303, "/step-up")
    assert in_doubt(now())


def test_looking_into_alarms_does_not_end_it(doubt: Alarm, mo: Person, at_desk: Desk) -> None:
    assert at_desk(mo).post(f"/alarms/{doubt.pk}").status_code == 404
    assert in_doubt(now())


def test_an_alarm_about_the_installation_can_be_looked_into(mo: Person, at_desk: Desk) -> None:
    raise_alarm(Alarm.Kind.UNNAMED, practice=None, about="store:blobs", at=now())
    alarm = Alarm.objects.get()
    assert alarm_for(mo, alarm.pk) == alarm
    assert "Stored files that no record names" in at_desk(mo).get("/").content.decode()
    at_desk(mo).post(f"/alarms/{alarm.pk}")
    alarm.refresh_from_db()
    assert alarm.ended_by == mo
