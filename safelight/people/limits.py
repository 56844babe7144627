"""Limits: how often something may be tried. Counters are rows, so all workers count together."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from safelight.lib.refusals import Refusal
from safelight.people.models import Limit


@dataclass(frozen=True, slots=True)
class Rate:
    """So many tries in a window."""

    most: int
    window: timedelta


# Source: security-design, section 8 (sign-in 5 per 5 minutes per account, 10 per minute per
# address). The rest follows the nearest of the two; a code typed from a page is short, so its
# window is long.
RATES: Final[dict[str, Rate]] = {
    "sign_in.account": Rate(5, timedelta(minutes=5)),
    "sign_in.address": Rate(10, timedelta(minutes=1)),
    "step_up.account": Rate(5, timedelta(minutes=5)),
    "link.address": Rate(10, timedelta(minutes=1)),
    "recover.account": Rate(5, timedelta(minutes=5)),
    "recover.address": Rate(10, timedelta(minutes=1)),
    "pair.address": Rate(10, timedelta(minutes=5)),
    "agree.address": Rate(10, timedelta(minutes=1)),
    "share.address": Rate(10, timedelta(minutes=1)),
    "share.bytes": Rate(240, timedelta(minutes=1)),  # of one opening: forty photos, looked at fast
    "share.reply": Rate(10, timedelta(minutes=5)),
}
KEPT = timedelta(days=1)


class TooMany(Refusal):
    """Too many tries in too short a time. Nothing was looked at."""

    code = "too_many"
    status = 429

    def __init__(self) -> None:
        """Say to wait; the same words for every limit, so they teach nothing."""
        super().__init__("Too many tries.", remedy="Wait five minutes, then try again.")


def take(kind: str, subject: str, *, at: datetime) -> None:
    """Count one try, or refuse it. One conditional UPDATE decides, so racing tries count exactly.

    Call it outside the act's transaction: a try that fails must stay counted (ASVS 6.3.1).
    """
    rate, key = RATES[kind], _key(kind, subject)
    Limit.objects.get_or_create(key=key, defaults={"started_at": at})
    Limit.objects.filter(key=key, started_at__lte=at - rate.window).update(started_at=at, count=0)
    taken = Limit.objects.filter(key=key, count__lt=rate.most).update(count=F("count") + 1)
    if taken != 1:
        raise TooMany


def give_back(kind: str, subject: str) -> None:
    """Take one try off again: it was the right person, and only wrong tries are limited."""
    Limit.objects.filter(key=_key(kind, subject), count__gt=0).update(count=F("count") - 1)


def forget_old(*, at: datetime) -> int:
    """Drop counters nobody touched for a day. They limit nothing any more."""
    dropped, _ = Limit.objects.filter(started_at__lt=at - KEPT).delete()
    return dropped


def _key(kind: str, subject: str) -> str:
    """Return the row's key: a hash, so that no address or e-mail stays behind."""
    return hashlib.sha256(f"{kind}\0{subject}".encode()).hexdigest()
