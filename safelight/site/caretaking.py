"""Caretaking: the worker's third thread reads what lies still, so that filing never waits for it.

It reads stored bytes again, checks the logs, wraps keys anew, and clears away what no row names.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from django.db import connection

from safelight.lib.clock import now
from safelight.photos.rewrapping import rewrap_some
from safelight.photos.upkeep import each, keep_up_daily, read_again

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
            at = clock()
            if not each([partial(read_again, at=at), partial(rewrap_some, at=at)]):
                connection.close()
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
