"""Alarms: raised once for each thing that a person must look at, and written in the log."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from safelight.audit.log import record
from safelight.lib.refusals import NotFound
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.photos.models import Alarm
from safelight.policy.models import Practice


@transaction.atomic
def raise_alarm(
    kind: Alarm.Kind,
    *,
    practice: Practice | None,
    about: str,
    at: datetime,
    patient: UUID | None = None,
) -> bool:
    """Raise an alarm unless the same one is open, and say whether it is new.

    A database rule keeps it to one, so two workers raise it once. Without a practice it is about
    the whole installation, and every practice's log says so.
    """
    _, is_new = Alarm.objects.get_or_create(
        kind=kind,
        about=about,
        ended_at=None,
        defaults={"practice": practice, "raised_at": at},
    )
    every = Practice.objects.order_by("pk").values_list("pk", flat=True)  # one order: no deadlock
    logs = [practice.pk] if practice else every
    for log in logs if is_new else ():
        record(
            "alarm.raised",
            practice=log,
            by=None,
            at=at,
            of=about,
            patient=patient,
            outcome=kind,
        )
    return is_new


def end_alarms(
    kind: Alarm.Kind, about: Iterable[str], *, at: datetime, by: Person | None = None
) -> int:
    """End alarms that no longer hold, or that a person has looked into."""
    return Alarm.objects.filter(kind=kind, about__in=list(about), ended_at__isnull=True).update(
        ended_at=at, ended_by=by
    )


def alarm_for(person: Person, alarm_id: int) -> Alarm:
    """Return an alarm of the person's practice or of the installation; others look like none.

    A clock in doubt is not looked into but confirmed, which is an act of its own (clock.py).
    """
    theirs = Q(practice=person.practice_id) | Q(practice__isnull=True)
    alarm = Alarm.objects.filter(theirs, pk=alarm_id).exclude(kind=Alarm.Kind.CLOCK).first()
    if alarm is None:
        raise NotFound
    return alarm


@transaction.atomic
def look_into(alarm_id: int, *, by: Person, at: datetime) -> Alarm:
    """Note that a person has looked into an alarm of their practice. Twice changes nothing.

    What still holds (a photo unfiled, a copy overdue) is raised again by the worker.
    """
    require_duty(by, Act.BREACH_MANAGE)
    alarm = alarm_for(by, alarm_id)
    if Alarm.objects.filter(pk=alarm_id, ended_at__isnull=True).update(ended_at=at, ended_by=by):
        record(
            "alarm.ended", practice=by.practice_id, by=by, at=at, of=alarm.about, outcome=alarm.kind
        )
        alarm.refresh_from_db()
    return alarm
