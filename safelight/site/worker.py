"""The worker: files what has arrived, within about a tenth of a second, and keeps things up.

Any number of workers may run: each capture is claimed by a conditional update. Killed at any
moment, the next run goes on from what is there.
"""

import logging
import shutil
import signal
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from safelight.lib.clock import now
from safelight.patients.importing import bring_in_waiting
from safelight.photos.claims import waiting_for_filing
from safelight.photos.darkroom import decoder
from safelight.photos.filing import file_capture, note_trouble
from safelight.photos.upkeep import keep_up
from safelight.site import caretaking, letting_out
from safelight.site.sqlcipher.statistics import keep_statistics
from safelight.vault.ballast import Ballast

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 0.08
"""Seconds between two looks at an idle table: one read of an index, about 0.1 ms."""
UPKEEP_EVERY: Final = 60.0
PLENTY: Final = 4
"""How many times the ballast must be free before it is held, so that it is not taken and given."""
AT_ONCE: Final = 8
AFTER_TROUBLE: Final = 2.0
PATIENCE: Final = 15.0
"""Seconds that the other threads get to finish; the parent waits twenty for all (serving.py)."""


def run(stop: threading.Event, *, clock: Callable[[], datetime] = now) -> None:
    """Work until told to stop. Trouble with one capture or with the database ends nothing."""
    upkeep_due = 0.0
    while not stop.is_set():
        try:
            if time.monotonic() >= upkeep_due:
                if not keep_up(at=clock()):
                    connection.close()
                keep_statistics()
                upkeep_due = time.monotonic() + UPKEEP_EVERY
                keep_room(Path(settings.SAFELIGHT_DATA))
            if not work_once(clock=clock) and not _bring_in_lists(stop, clock=clock):
                stop.wait(LOOK_EVERY)
        except DatabaseError:
            log.exception("the database did not answer")
            connection.close()
            stop.wait(AFTER_TROUBLE)
        except Exception:
            log.exception("upkeep failed")
            upkeep_due = time.monotonic() + UPKEEP_EVERY
            stop.wait(AFTER_TROUBLE)
    connection.close()


def keep_room(data: Path) -> bool:
    """Hold the ballast while the disk has room; give it up when there is hardly any, for the log.

    Say whether it is held. Uploads are refused long before that (security-design, section 4).
    """
    ballast = Ballast(data)
    free = shutil.disk_usage(data).free
    if free < ballast.size:
        ballast.release()
    elif free > PLENTY * ballast.size:
        ballast.hold()
    return ballast.is_held


def work_once(*, clock: Callable[[], datetime] = now) -> int:
    """File what waits now, the oldest first; return how many were taken up."""
    taken = 0
    for capture_id in waiting_for_filing(at=clock(), most=AT_ONCE):
        taken += _file(capture_id, clock=clock)
    return taken


def _bring_in_lists(stop: threading.Event, *, clock: Callable[[], datetime]) -> bool:
    """Bring in a list of patients if one waits, filing photos after each of its batches."""

    def between() -> bool:
        work_once(clock=clock)
        return stop.is_set()

    return bring_in_waiting(at=clock(), stop=between)


def _file(capture_id: UUID, *, clock: Callable[[], datetime]) -> bool:
    try:
        return file_capture(capture_id, at=clock())
    except DatabaseError:
        raise
    except Exception:
        log.exception("capture %s could not be filed", capture_id)
        note_trouble(capture_id, at=clock())
        return True


def main() -> None:
    """Run as a process of its own until it is asked to end."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    decoder().start()
    beside = [letting_out.begin(stop), caretaking.begin(stop)]
    try:
        run(stop)
    finally:
        stop.set()
        for thread in beside:
            thread.join(PATIENCE)
        decoder().close()
