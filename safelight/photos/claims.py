"""Claims: which worker files a capture now. A claim is one conditional update, and it runs out."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q

from safelight.photos import rules
from safelight.photos.models import Capture


def waiting_for_filing(*, at: datetime, most: int) -> Sequence[UUID]:
    """Return captures that a worker may claim now: consents first, as photos stand on them."""
    lease = at - timedelta(seconds=rules.CLAIM_SECONDS)
    return list(
        Capture.objects.filter(state=Capture.State.STORED)
        .filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=lease))
        .order_by("kind", "stored_at")
        .values_list("pk", flat=True)[:most]
    )


def claim(capture_id: UUID, *, at: datetime) -> bool:
    """Take a capture for this worker alone, by one conditional update. A lease ends."""
    lease = at - timedelta(seconds=rules.CLAIM_SECONDS)
    return bool(
        Capture.objects.filter(pk=capture_id, state=Capture.State.STORED)
        .filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=lease))
        .update(claimed_at=at, tries=F("tries") + 1)
    )


def put_back(capture_id: UUID, *, at: datetime, pause: timedelta) -> None:
    """Let go of a claimed capture, so that it may be claimed again after a pause."""
    again = at + pause - timedelta(seconds=rules.CLAIM_SECONDS)
    Capture.objects.filter(pk=capture_id, state=Capture.State.STORED).update(claimed_at=again)
