"""The worker's third thread: it reads and clears away beside the filing, and no trouble ends it."""

import threading
import time
from datetime import datetime, timedelta

import pytest

from safelight.people.models import Limit
from safelight.policy.models import Practice
from safelight.site import caretaking
from tests.conftest import NOON

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60.0


def test_it_does_the_days_upkeep_when_it_starts(practice: Practice) -> None:
    Limit.objects.create(key="long ago", started_at=NOON - timedelta(days=900))
    stop = threading.Event()
    thread = caretaking.begin(stop)
    try:
        until = time.monotonic() + PATIENCE
        while Limit.objects.exists():
            assert time.monotonic() < until
            time.sleep(0.02)
    finally:
        stop.set()
        thread.join()


def test_trouble_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, seen = threading.Event(), list[datetime]()

    def read(*, at: datetime) -> int:
        seen.append(at)
        if len(seen) == 3:
            stop.set()
            return 0
        raise OSError("the disk is on fire")

    monkeypatch.setattr(caretaking, "read_again", read)
    monkeypatch.setattr(caretaking, "READ_EVERY", 0.01)
    caretaking.run(stop, clock=lambda: NOON)
    assert seen == [NOON] * 3
