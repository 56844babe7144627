"""A clock in doubt: links, sending and destroying wait until a person has confirmed it."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from safelight.audit.log import record
from safelight.audit.models import Entry
from safelight.audit.reading import newest_time
from safelight.lib.refusals import NotAllowed
from safelight.people.models import Person
from safelight.photos.clock import NotNow, Watch, confirm_clock, in_doubt, require_sound_clock
from safelight.photos.models import Alarm
from safelight.policy.models import Practice
from tests.conftest import NOON

MINUTE = timedelta(minutes=1)


class Machine:
    """A machine whose own count of seconds goes on whatever its clock says."""

    def __init__(self) -> None:
        self.seconds = 1000.0
        self.watch = Watch(count=lambda: self.seconds)

    def look(self, at: datetime, *, after: timedelta) -> bool:
        self.seconds += after.total_seconds()
        return self.watch.look(at)


def write(practice: Practice, at: datetime) -> None:
    with transaction.atomic():
        record("photo.viewed", practice=practice.pk, by=None, at=at)


def test_a_clock_behind_the_log_is_in_doubt_until_confirmed(practice: Practice, mo: Person) -> None:
    write(practice, NOON)
    machine = Machine()
    assert not machine.look(NOON - 2 * MINUTE, after=MINUTE)
    assert in_doubt(NOON - 3 * MINUTE)
    assert not Alarm.objects.exists()
    assert machine.look(NOON - 3 * MINUTE, after=MINUTE)
    assert [(a.kind, a.practice) for a in Alarm.objects.all()] == [("clock", None)]
    later = NOON + timedelta(days=1)
    assert in_doubt(later)  # it went right by itself, and nobody has said so yet
    with pytest.raises(NotNow):
        require_sound_clock(later)
    assert confirm_clock(by=mo, at=later)
    require_sound_clock(later)
    assert not confirm_clock(by=mo, at=later)


def test_a_confirmed_clock_is_right_even_when_the_log_was_ahead(
    practice: Practice, other_practice: Practice, mo: Person
) -> None:
    ahead = NOON + timedelta(days=400)
    write(practice, ahead)
    write(other_practice, ahead)
    assert in_doubt(NOON)
    assert confirm_clock(by=mo, at=NOON)
    assert newest_time() == NOON
    assert not in_doubt(NOON + MINUTE)
    write(practice, NOON + 10 * MINUTE)
    assert in_doubt(NOON + 7 * MINUTE)
    said = Entry.objects.filter(action="clock.confirmed")
    assert {entry.practice for entry in said} == {practice.pk, other_practice.pk}
    assert {entry.actor_id for entry in said} == {mo.pk}


@pytest.mark.parametrize("minutes", [-11, 11, 60 * 24 * 365])
def test_a_clock_that_jumps_is_in_doubt(practice: Practice, minutes: int) -> None:
    machine = Machine()
    assert not machine.look(NOON, after=MINUTE)
    assert machine.look(NOON + MINUTE + minutes * MINUTE, after=MINUTE)
    assert Alarm.objects.get().kind == "clock"
    assert Entry.objects.filter(action="alarm.raised", practice=practice.pk).count() == 1


@pytest.mark.parametrize("minutes", [-9, 0, 9])
def test_a_small_correction_or_a_long_sleep_is_no_jump(practice: Practice, minutes: int) -> None:
    machine, night = Machine(), timedelta(hours=14)
    assert not machine.look(NOON, after=MINUTE)
    assert not machine.look(NOON + night + minutes * MINUTE, after=night)


def test_who_may_not_confirm_does_not(practice: Practice, ada: Person, ivy: Person) -> None:
    write(practice, NOON)
    with pytest.raises(NotAllowed):
        confirm_clock(by=ada, at=NOON - timedelta(days=1))
    assert in_doubt(NOON - timedelta(days=1))
    assert confirm_clock(by=ivy, at=NOON - timedelta(days=1))
