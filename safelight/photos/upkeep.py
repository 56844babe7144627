"""Upkeep: what a worker does every minute and every day, so that nothing rots unnoticed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F, Q

from safelight.audit.checkpoints import checkpoint, latest
from safelight.lib.refusals import NotFound
from safelight.people.limits import forget_old
from safelight.photos.alarms import end_alarms, raise_alarm
from safelight.photos.capture_keys import drop_capture_keys, turn_capture_key
from safelight.photos.copies import outside_copies
from safelight.photos.models import Alarm, Capture, Rendition, Sight
from safelight.photos.places import inbox
from safelight.photos.reading import incomplete, unfiled, unmatched
from safelight.photos.receiving import complete_arrivals
from safelight.policy.models import Practice
from safelight.policy.settings import setting
from safelight.vault.scrub import scrub
from safelight.vault.stores import DiskStore, store

CHECKPOINT_EVERY: Final = timedelta(hours=1)
READ_AGAIN: Final = timedelta(days=25)
"""Every blob is read at least every 30 days (security-design, 4); this leaves five spare."""
SLICE: Final = 40
"""Blobs read in one minute: a million and a half in 25 days."""
SIGHTS_KEPT: Final = timedelta(hours=1)
MOST: Final = 500


def keep_up(*, at: datetime) -> None:
    """Do all that is due: alarms, checkpoints, arrivals cut off by a crash, reading blobs."""
    complete_arrivals(at=at)
    for practice in Practice.objects.order_by("pk"):
        age_alarms(practice, at=at)
        sign_log(practice, at=at)
    read_again(at=at)
    Sight.objects.filter(at__lt=at - SIGHTS_KEPT).delete()
    inbox().sweep(now=at.timestamp())


def keep_up_daily(*, at: datetime) -> None:
    """Do what a day can wait for: forget, turn and destroy keys, clear what a crash left behind."""
    forget_old(at=at)
    turn_capture_key(at=at)
    drop_capture_keys(at=at)
    blobs = store()
    if isinstance(blobs, DiskStore):
        blobs.sweep(now=at.timestamp())


def age_alarms(practice: Practice, *, at: datetime) -> None:
    """Raise an alarm for what waited too long by the practice's limits; end those mended."""
    hours = {
        key: at - timedelta(hours=setting(practice, key))
        for key in ("alarm_hours", "incomplete_hours", "unmatched_hours")
    }
    late = unfiled(practice).filter(announced_at__lt=hours["alarm_hours"])
    lost = Capture.objects.filter(practice=practice, gone_at__isnull=False).exclude(
        state__in=(Capture.State.FILED, Capture.State.REFUSED)
    )
    captures = [*late.values_list("pk", flat=True), *lost.values_list("pk", flat=True)]
    unworded = incomplete(practice).filter(filed_at__lt=hours["incomplete_hours"])
    waiting = unmatched(practice).filter(filed_at__lt=hours["unmatched_hours"])
    owed = outside_copies(practice).filter(due_at__lt=at)
    groups = {
        Alarm.Kind.UNFILED: [f"capture:{pk}" for pk in captures],
        Alarm.Kind.INCOMPLETE: [f"photo:{pk}" for pk in unworded.values_list("pk", flat=True)],
        Alarm.Kind.UNMATCHED: [f"photo:{pk}" for pk in waiting.values_list("pk", flat=True)],
        Alarm.Kind.OVERDUE: [f"copy:{pk}" for pk in owed.values_list("pk", flat=True)],
    }
    for kind, about in groups.items():
        _set_alarms(kind, about, practice=practice, at=at)


def _set_alarms(
    kind: Alarm.Kind, about: Iterable[str], *, practice: Practice, at: datetime
) -> None:
    """Make the open alarms of one kind be exactly these."""
    wanted = set(about)
    open_now = set(
        Alarm.objects.filter(practice=practice, kind=kind, ended_at__isnull=True).values_list(
            "about", flat=True
        )
    )
    for one in sorted(wanted - open_now)[:MOST]:
        raise_alarm(kind, practice=practice, about=one, at=at)
    end_alarms(kind, open_now - wanted, at=at)


def sign_log(practice: Practice, *, at: datetime) -> bool:
    """Sign the practice's log once an hour; say whether it was signed now."""
    newest = latest(practice.pk)
    if newest is not None and newest.at > at - CHECKPOINT_EVERY:
        return False
    try:
        checkpoint(practice.pk, at)
    except NotFound:
        return False
    return True


def read_again(*, at: datetime) -> int:
    """Read the blobs that were not read for longest and compare their hashes; return how many.

    A damaged one raises an alarm: it comes back from the backup, never silently.
    """
    due = (
        Rendition.objects.filter(Q(checked_at__isnull=True) | Q(checked_at__lt=at - READ_AGAIN))
        .select_related("photo__practice")
        .order_by(F("checked_at").asc(nulls_first=True))[:SLICE]
    )
    rows = list(due)
    if not rows:
        return 0
    found = scrub(store(), expected=[row.blob for row in rows])
    bad = {*found.damaged, *found.missing}
    for row in rows:
        if row.blob in bad:
            raise_alarm(
                Alarm.Kind.DAMAGED,
                practice=row.photo.practice,
                about=f"photo:{row.photo_id}",
                at=at,
                patient=row.photo.patient_id,
            )
    Rendition.objects.filter(pk__in=[row.pk for row in rows]).update(checked_at=at)
    return len(rows)
