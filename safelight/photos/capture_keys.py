"""Capture keys: phones get a new key to seal to in time; an old one goes when nothing needs it."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from safelight.audit.log import record
from safelight.people.models import Phone
from safelight.photos.ending_keys import end_keys
from safelight.photos.models import Capture
from safelight.policy.models import Practice
from safelight.vault import keyring
from safelight.vault.keys import Keyring

KEY_LIVES: Final = timedelta(days=90)
"""How long phones seal to one key (security-design, section 2)."""
KEPT_UNUSED: Final = timedelta(days=30)
"""How long an old key stays after phones were given the next one (the same section)."""


def turn_capture_key(*, at: datetime) -> bool:
    """Give phones a new key when theirs is 90 days old; say whether it was done now.

    Older keys still open what is on its way. Two workers at once make one key: each looks again
    under the keyring's lock.
    """
    before = keyring.current().newest_capture_key
    if not _is_old(keyring.current(), at=at):
        return False
    after = keyring.change(
        lambda ring: ring.rotate_capture_key(at) if _is_old(ring, at=at) else ring
    ).newest_capture_key
    if after.id != before.id:
        _write_down(after.id, at=at)
    return after.id != before.id


def drop_capture_keys(*, at: datetime) -> list[str]:
    """Destroy the old keys that nothing can need, in every copy of the keyring; return their ids.

    No photo is lost by it: a key stays while anything sealed to it may still lie on a phone that
    may send, or in the inbox. The newest is never among them.
    """
    keys = keyring.current().capture_keys
    gone = {
        key.id
        for key, following in pairwise(keys)
        if following.made_at <= at - KEPT_UNUSED and not _may_be_needed(following.made_at)
    }
    if not gone:
        return []

    def drop(ring: Keyring) -> Keyring:
        for key in ring.capture_keys[:-1]:
            if key.id in gone:
                ring = ring.without_capture_key(key.id)
        return ring

    end_keys(drop, [("key.destroyed", f"key:{key_id}") for key_id in sorted(gone)], at=at)
    return sorted(gone)


def _is_old(ring: Keyring, *, at: datetime) -> bool:
    return ring.newest_capture_key.made_at <= at - KEY_LIVES


def _may_be_needed(followed_at: datetime) -> bool:
    """Say whether a capsule of the key before may still come: from a phone that was not heard of
    since it could learn the next key, or as a capture that somebody knows of and nobody filed. A
    stopped phone may come back with it.
    """
    silent = Phone.objects.filter(state=Phone.State.OPEN).annotate(
        heard_at=Coalesce("seen_at", "paired_at")
    )
    on_a_phone = Q(gone_at__isnull=True, given_up_at__isnull=True)
    on_the_way = Capture.objects.exclude(state=Capture.State.FILED).filter(
        (on_a_phone & ~Q(phone__state=Phone.State.LOST)) | Q(state=Capture.State.STORED)
    )
    return silent.filter(heard_at__lt=followed_at).exists() or on_the_way.exists()


@transaction.atomic
def _write_down(key_id: str, *, at: datetime) -> None:
    """Write it in the log of every practice whose phones seal to this installation's keys."""
    for practice in Practice.objects.order_by("pk"):
        record("key.turned", practice=practice.pk, by=None, at=at, of=f"key:{key_id}")
