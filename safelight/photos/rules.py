"""Rules: what is decided about photos from values alone."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

Taken = TypeVar("Taken")

CLAIM_SECONDS = 60
"""How long a worker has a capture to itself: opening, decoding (10 s at most) and writing it."""
MOST_TRIES = 6
"""After so many tries that ended in a fault of ours, a person must look (alarm `stuck`)."""
UPLOADS_A_MINUTE = 60
"""Per phone (security-design, section 8)."""
VIEWS_BEFORE_ALARM, VIEWS_WINDOW = 100, timedelta(minutes=10)
"""Photos one person may look at in ten minutes before it is reported (security-design, 8)."""
CLOCK_SLACK = timedelta(minutes=5)
"""How far ahead a phone's clock may be."""
LONGEST_ROUND = timedelta(hours=1)
"""Unlock to filed beyond this is no measure of work: the photo waited out of reach."""

SITTING = timedelta(minutes=30)
"""Photos of one patient by one person with less than this between them are of one sitting."""
A_VISIT = "a visit"

WORDS = ("site_code", "side", "label", "notes", "diagnosis", "diagnosis_code", "visit")


def missing(photo: Mapping[str, Any]) -> list[str]:
    """Return what a photo still lacks to be found and understood later, in a page's words (G25).

    A note or a diagnosis is enough: early on there is often no diagnosis yet.
    """
    lacks = [
        ("a body site", not photo["site_code"]),
        ("a label", not photo["label"]),
        ("a note or a diagnosis", not (photo["notes"] or photo["diagnosis"])),
        (A_VISIT, not photo["visit_id"]),
    ]
    return [words for words, lacking in lacks if lacking]


def sittings(
    things: Iterable[Taken], *, key: Callable[[Taken], Hashable], when: Callable[[Taken], datetime]
) -> list[list[Taken]]:
    """Put things together that belong to one sitting, in the order of the first of each.

    The same key, and never more than `SITTING` from one to the next, however long it lasts in all.
    """
    things = list(things)
    last: dict[Hashable, list[Taken]] = {}
    place = {id(thing): number for number, thing in enumerate(things)}
    found: list[list[Taken]] = []
    for thing in sorted(things, key=when):
        group = last.get(key(thing))
        if group is None or when(thing) - when(group[-1]) > SITTING:
            last[key(thing)] = group = []
            found.append(group)
        group.append(thing)
    return sorted(found, key=lambda group: min(place[id(one)] for one in group))


def pause_before_retry(tries: int) -> timedelta:
    """Return how long a capture rests after a fault of ours: 2 s, doubling, at most 5 minutes."""
    return timedelta(seconds=min(2 ** max(tries, 1), 300))


def unlock_to_filed(timing: Mapping[str, Any], *, filed_at: datetime) -> float | None:
    """Return the seconds from unlocking to filed, or None if the phone's clock cannot be right."""
    try:
        unlocked = datetime.fromisoformat(str(timing["unlocked_at"]))
        taken = filed_at - unlocked
    except (KeyError, ValueError, TypeError):
        return None
    return taken.total_seconds() if timedelta(0) < taken < LONGEST_ROUND else None


def believable_time(said: datetime, *, at: datetime) -> datetime:
    """Return when a photo was taken: as the phone said, but never later than it was filed."""
    return said if said <= at else at


def is_full(count: int, *, most: int) -> bool:
    """Say whether another photo of this site and visit needs a reason (G8)."""
    return count >= most
