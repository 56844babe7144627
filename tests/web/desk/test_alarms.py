"""The page of an alarm: what it means, what is safe, what to do, and who ended it."""

from collections.abc import Callable

import pytest
from django.test import Client

from safelight.people.models import Person
from safelight.photos.alarms import raise_alarm
from safelight.photos.models import Alarm
from tests.conftest import NOON
from tests.signing_in import new_phone

Desk = Callable[[Person], Client]
SHOWN = [kind for kind in Alarm.Kind if kind != Alarm.Kind.CLOCK]  # that one has a page of its own


def raised(person: Person, kind: Alarm.Kind, about: str = "capture:0192") -> str:
    raise_alarm(kind, practice=person.practice, about=about, at=NOON)
    return f"/alarms/{Alarm.objects.get(about=about).pk}"


@pytest.mark.parametrize("kind", SHOWN)
def test_every_alarm_says_what_to_do(kind: Alarm.Kind, mo: Person, at_desk: Desk) -> None:
    page = at_desk(mo).get(raised(mo, kind)).content.decode()
    assert "What to do" in page
    assert "I have looked into it" in page


def test_an_alarm_about_a_person_leads_to_them(mo: Person, ada: Person, at_desk: Desk) -> None:
    address = raised(mo, Alarm.Kind.MANY_VIEWS, f"person:{ada.pk}")
    page = at_desk(mo).get(address).content.decode()
    assert f'href="/people/{ada.pk}"' in page
    assert "What is safe" in page


def test_an_ended_alarm_says_who_looked_and_asks_nobody_again(mo: Person, at_desk: Desk) -> None:
    address = raised(mo, Alarm.Kind.STUCK)
    at_desk(mo).post(address)
    page = at_desk(mo).get(address).content.decode()
    assert f"by {mo.name}" in page
    assert "I have looked into it" not in page


def test_an_alarm_of_a_phone_leads_to_it(mo: Person, ada: Person, at_desk: Desk) -> None:
    phone, _ = new_phone(mo.practice, ada)
    page = at_desk(mo).get(raised(mo, Alarm.Kind.LOG, f"phone:{phone.pk}")).content.decode()
    assert f'href="/phones/{phone.pk}"' in page
