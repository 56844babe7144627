"""Upkeep: what a worker does every minute and every day, so that nothing rots unnoticed."""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from safelight.audit.checking import first_wrong
from safelight.audit.checkpoints import LogAltered, checkpoint, latest
from safelight.consent.own_phone import end_overdue
from safelight.lib.refusals import NotFound
from safelight.lib.shelves import Shelf, shelves
from safelight.people.limits import forget_old
from safelight.photos.alarms import end_alarms, raise_alarm
from safelight.photos.capture_keys import drop_capture_keys, turn_capture_key
from safelight.photos.clock import in_doubt
from safelight.photos.copies import outside_copies
from safelight.photos.ending_keys import finish_ending
from safelight.photos.models import Alarm, Sight
from safelight.photos.places import inbox
from safelight.photos.reading import incomplete, unfiled, unmatched
from safelight.photos.receiving import complete_arrivals
from safelight.photos.rewrapping import begin_when_due, end_epochs
from safelight.policy.models import Practice
from safelight.policy.settings import setting
from safelight.vault.scrub import scrub
from safelight.vault.stores import require_own_store, store
from safelight.vault.sweeping import Swept, sweep

log = logging.getLogger(__name__)

Job = Callable[[], object]

CHECKPOINT_EVERY: Final = timedelta(hours=1)
READ_AGAIN: Final = timedelta(days=25)
"""Every blob is read at least every 30 days (security-design, 4); this leaves five spare."""
SLICE: Final = 40
"""Rows of one table read in one minute: a million and a half in 25 days."""
SIGHTS_KEPT: Final = timedelta(hours=1)
MOST: Final = 500


def keep_up(*, at: datetime) -> bool:
    """Do what a minute must not miss: alarms, checkpoints, arrivals cut off by a crash.

    Say whether all of it was done. What fails for one practice keeps no other's alarm waiting.
    """
    jobs: list[Job] = [partial(complete_arrivals, at=at)]
    for practice in Practice.objects.order_by("pk"):
        jobs += [partial(age_alarms, practice, at=at), partial(sign_log, practice, at=at)]
    forget = Sight.objects.filter(at__lt=at - SIGHTS_KEPT).delete
    sweep_inbox = partial(inbox().sweep, now=at.timestamp())
    return each([*jobs, forget, partial(end_overdue, at=at), sweep_inbox])


def keep_up_daily(*, at: datetime) -> bool:
    """Do what a day can wait for: forget, turn keys, check the logs, and clear what is left over.

    Say whether all of it was done. What destroys by its age (old keys, blobs that no row names)
    waits while the clock is in doubt.
    """
    jobs: list[Job] = [partial(job, at=at) for job in (forget_old, finish_ending, turn_capture_key)]
    ends: list[Job] = [partial(job, at=at) for job in (drop_capture_keys, sweep_blobs)]
    for practice in Practice.objects.order_by("pk"):
        jobs += [partial(check_log, practice, at=at), partial(begin_when_due, practice, at=at)]
        ends.append(partial(end_epochs, practice, at=at))
    done = each(jobs)
    if in_doubt(at):
        log.warning("the clock is in doubt: nothing is destroyed by its age")
        return done
    return each(ends) and done


def each(jobs: Iterable[Job]) -> bool:
    """Do every one; what fails is told and keeps no other waiting. Say whether all was done.

    Where it was not, the caller opens the database anew: that may be what failed.
    """
    done = True
    for job in jobs:
        try:
            job()
        except Exception:
            log.exception("a part of the upkeep failed")
            done = False
    return done


def check_log(practice: Practice, *, at: datetime) -> None:
    """Read a practice's whole log and raise an alarm where it does not fit together."""
    place = first_wrong(practice.pk)
    if place is not None:
        log.critical("the log of practice %s does not fit at entry %s", practice.pk, place)
        about = f"entry:{practice.pk}.{place}"
        raise_alarm(Alarm.Kind.LOG, practice=practice, about=about, at=at)


def sweep_blobs(*, at: datetime) -> Swept:
    """Set aside what no row names, and call a person: after a crash it is rubbish, else a fault.

    Only numbers of files are written down. A later sweep brings back what is named again.
    """
    require_own_store()
    blobs, now = store(), at.timestamp()
    blobs.sweep(now=now)
    swept = sweep(blobs, shelves(), now=now)
    for name in swept.aside:
        log.warning("no row names blob %s: set aside", name)
    for name in swept.back:
        log.warning("a row names blob %s again: brought back", name)
    if swept.aside or swept.too_many:
        raise_alarm(Alarm.Kind.UNNAMED, practice=None, about="store:blobs", at=at)
    return swept


def age_alarms(practice: Practice, *, at: datetime) -> None:
    """Raise an alarm for what waited too long by the practice's limits; end those mended."""
    hours = {
        key: at - timedelta(hours=setting(practice, key))
        for key in ("alarm_hours", "incomplete_hours", "unmatched_hours")
    }
    late = unfiled(practice).filter(announced_at__lt=hours["alarm_hours"])
    unworded = incomplete(practice).filter(filed_at__lt=hours["incomplete_hours"])
    waiting = unmatched(practice).filter(filed_at__lt=hours["unmatched_hours"])
    owed = outside_copies(practice).filter(due_at__lt=at)
    groups = {
        Alarm.Kind.UNFILED: [f"capture:{pk}" for pk in late.values_list("pk", flat=True)],
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
    """Sign the practice's log once an hour; say whether it was signed now.

    One that was changed is told and not signed. A checkpoint of a clock that was ahead counts for
    nothing here.
    """
    newest = latest(practice.pk)
    if newest is not None and at - CHECKPOINT_EVERY < newest.at <= at:
        return False
    try:
        checkpoint(practice.pk, at)
    except NotFound:
        return False
    except LogAltered:
        about = f"entry:{practice.pk}.{newest.size if newest else 0}"
        raise_alarm(Alarm.Kind.LOG, practice=practice, about=about, at=at)
        return False
    return True


def read_again(*, at: datetime) -> int:
    """Read the blobs that were not read for longest and compare their hashes; return how many.

    Every kind is read: photos, what was let out, sealed files, scans of papers. A damaged one
    raises an alarm: it comes back from the backup, never silently.
    """
    return sum(_read_shelf(shelf, at=at) for shelf in shelves())


def _read_shelf(shelf: Shelf, *, at: datetime) -> int:
    due = shelf.unread(before=at - READ_AGAIN, most=SLICE)
    if not due:
        return 0
    found = scrub(store(), expected=[one.blob for one in due])
    bad = {*found.damaged, *found.missing}
    if bad:
        bad = shelf.holding(bad)  # what a row let go of meanwhile was thrown away, not damaged
    for one in due:
        if one.blob in bad:
            raise_alarm(
                Alarm.Kind.DAMAGED,
                practice=Practice.objects.get(pk=one.practice),
                about=one.about,
                at=at,
                patient=one.patient,
            )
    shelf.note_read(due, at=at)
    return len(due)
