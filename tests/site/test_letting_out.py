"""The second thread of the worker: it goes on whatever happens, and ends when it is told to."""

import threading
from datetime import datetime

import pytest

from safelight.site import letting_out
from tests.conftest import NOON


@pytest.mark.django_db(transaction=True)
def test_trouble_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, seen = threading.Event(), list[datetime]()

    def work(*, at: datetime) -> int:
        seen.append(at)
        if len(seen) == 3:
            stop.set()
            return 0
        raise OSError("the mail server is on fire")

    monkeypatch.setattr(letting_out, "work", work)
    monkeypatch.setattr(letting_out, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(letting_out, "AFTER_TROUBLE", 0.01)
    letting_out.run(stop, clock=lambda: NOON)
    assert seen == [NOON] * 3
