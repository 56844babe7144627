"""The worker's third thread: it reads and clears away beside the filing, and no trouble ends it."""

import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from safelight.people.models import Limit
from safelight.policy.models import Practice
from safelight.site import caretaking
from safelight.vault import keyring
from tests.conftest import NOON
from tests.photos.conftest import keys

__all__ = ["keys"]

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60.0


def wait_until_forgotten() -> None:
    """Leave something for the day's upkeep to forget, and wait until it is gone."""
    Limit.objects.create(key="long ago", started_at=NOON - timedelta(days=900))
    until = time.monotonic() + PATIENCE
    while Limit.objects.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_it_does_the_days_upkeep_when_it_starts(practice: Practice) -> None:
    stop = threading.Event()
    thread = caretaking.begin(stop)
    try:
        wait_until_forgotten()
    finally:
        stop.set()
        thread.join()


def test_a_days_upkeep_that_failed_in_part_is_done_again_before_tomorrow(
    practice: Practice, keys: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyring.use(replace(keyring.current(), capture_keys=()))  # none that could be turned
    monkeypatch.setattr(caretaking, "AFTER_TROUBLE", 0.01)
    monkeypatch.setattr(caretaking, "READ_EVERY", 0.01)
    stop = threading.Event()
    thread = caretaking.begin(stop)
    try:
        wait_until_forgotten()
        wait_until_forgotten()
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
