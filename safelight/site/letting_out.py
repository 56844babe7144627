"""Letting out: the worker's second thread, so that a slow mail server never holds up filing."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import connection

from safelight.lib.clock import now
from safelight.photos.clock import Watch
from safelight.sharing.worker import tidy, work

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 1.0
TIDY_EVERY: Final = 10.0
AFTER_TROUBLE: Final = 5.0


def run(stop: threading.Event, *, clock: Callable[[], datetime] = now) -> None:
    """Let out what is due, once a second, until told to stop. No trouble ends it.

    The clock is looked at first: what a wrong one would let out or end waits for a person.
    """
    watch, tidy_due = Watch(), 0.0
    while not stop.is_set():
        try:
            watch.look(clock())
            work(at=clock())
            if time.monotonic() >= tidy_due:
                tidy_due = time.monotonic() + TIDY_EVERY
                tidy(at=clock())
            stop.wait(LOOK_EVERY)
        except Exception:
            log.exception("letting out failed")
            connection.close()
            stop.wait(AFTER_TROUBLE)
    connection.close()


def begin(stop: threading.Event) -> threading.Thread:
    """Start the thread; it ends soon after the event is set."""
    thread = threading.Thread(target=run, args=(stop,), name="letting-out")
    thread.start()
    return thread
