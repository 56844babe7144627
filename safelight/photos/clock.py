"""Clock: while the server's time cannot be trusted, no share opens and nothing ends by its age.

A clock is in doubt when it is behind the log's newest time, or when it jumped (security-design,
section 4). It stays so until a person confirms it, whatever it does meanwhile.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from safelight.audit.log import CLOCK_CONFIRMED, record
from safelight.audit.reading import newest_time
from safelight.lib.refusals import Refusal
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.photos.alarms import end_alarms, raise_alarm
from safelight.photos.models import Alarm
from safelight.policy.models import Practice

BACKWARDS: Final = timedelta(minutes=2)
JUMP: Final = timedelta(minutes=10)
"""Both: security-design, section 4."""
ABOUT: Final = "server:clock"


class NotNow(Refusal):
    """The server does not know what time it is, so it cannot know what has ended."""

    code = "not_now"
    status = 503

    def __init__(self) -> None:
        """Say the same to everybody, before anything was looked at."""
        super().__init__(
            "Not now. The practice’s server is being looked at.",
            remedy="Try again in an hour, or ring the practice. Nothing was opened or counted.",
        )


def in_doubt(at: datetime) -> bool:
    """Say whether the clock cannot be trusted: behind the log, or not confirmed since it was."""
    return is_behind(at) or _open_alarms().exists()


def is_behind(at: datetime) -> bool:
    """Say whether this time is well before the newest that the log has seen."""
    newest = newest_time()
    return newest is not None and at < newest - BACKWARDS


def require_sound_clock(at: datetime) -> None:
    """Refuse while the clock is in doubt: what should have ended might open."""
    if in_doubt(at):
        raise NotNow


def since_boot() -> float:
    """Return the machine's own count of seconds: nobody sets it, and it counts sleep as well."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class Watch:
    """Compares, from one look to the next, the clock with the machine's own count of seconds."""

    def __init__(self, *, count: Callable[[], float] = since_boot) -> None:
        """Take the count to compare with."""
        self._count = count
        self._last: tuple[datetime, float] | None = None

    def look(self, at: datetime) -> bool:
        """Look once, and say whether the clock is in doubt. A new doubt raises the alarm."""
        count, before = self._count(), self._last
        self._last = (at, count)
        gone = timedelta(seconds=count - before[1]) if before else None
        jumped = before is not None and gone is not None and abs(at - before[0] - gone) > JUMP
        if jumped or is_behind(at):
            raise_alarm(Alarm.Kind.CLOCK, practice=None, about=ABOUT, at=at)
        return in_doubt(at)


@transaction.atomic
def confirm_clock(*, by: Person, at: datetime) -> bool:
    """Take the server's time for right, on this person's word; say whether it was in doubt.

    Every practice's log says who did, and counts its newest time from this entry on.
    """
    require_duty(by, Act.CLOCK_CONFIRM)
    if not in_doubt(at):
        return False
    for log in Practice.objects.order_by("pk").values_list("pk", flat=True):
        record(CLOCK_CONFIRMED, practice=log, by=by, at=at, of=ABOUT)
    end_alarms(Alarm.Kind.CLOCK, [ABOUT], at=at, by=by)
    return True


def _open_alarms() -> QuerySet[Alarm]:
    return Alarm.objects.filter(kind=Alarm.Kind.CLOCK, ended_at__isnull=True)
