"""Caretaking: the worker's third thread reads what lies still, so that filing never waits for it.

It reads stored bytes again, checks the logs, and clears away what no row names.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final

from django.db import connection

from safelight.lib.clock import now
from safelight.photos.upkeep import keep_up_daily, read_again

log = logging.getLogger(__name__)

READ_EVERY: Final = 60.0
DAY: Final = 24 * 3600.0
AFTER_TROUBLE: Final = 3600.0
"""When the day's work is done again if a part of it failed: not at once, and not tomorrow."""


def run(stop: threading.Event, *, clock: Callable[[], datetime] = now) -> None:
    """Read a little every minute, and everything daily, until told to stop. No trouble ends it."""
    daily_due = 0.0
    while not stop.is_set():
        try:
            if time.monotonic() >= daily_due:
                daily_due = time.monotonic() + AFTER_TROUBLE
                if keep_up_daily(at=clock()):
                    daily_due = time.monotonic() + DAY
                else:
                    connection.close()
            read_again(at=clock())
        except Exception:
            log.exception("caretaking failed")
            connection.close()
        stop.wait(READ_EVERY)
    connection.close()


def begin(stop: threading.Event) -> threading.Thread:
    """Start the thread. It may be cut off anywhere: the next run goes on from what is there."""
    thread = threading.Thread(target=run, args=(stop,), name="caretaking", daemon=True)
    thread.start()
    return thread
