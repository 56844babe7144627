"""What the worker does for shares: lets go what is due, sends messages, ends what is over."""

import logging
from datetime import datetime, timedelta
from typing import Final

from safelight.audit.reading import newest_time
from safelight.sharing.ending import end_due, sweep
from safelight.sharing.messages import send_messages
from safelight.sharing.releasing import let_go

log = logging.getLogger(__name__)

BACKWARDS: Final = timedelta(minutes=2)
"""So far behind the log's newest time, a clock is wrong (security-design, section 4)."""


def work(*, at: datetime) -> int:
    """Do what is due now; return how much was done. Any number of workers may, at once.

    With a clock that went backwards nothing is let go: how long a link lasts could not be told.
    """
    done = end_due(at)
    if clock_is_sound(at):
        done += let_go(at)
        done += send_messages(at)
    else:
        log.error("the clock is behind the log: nothing is let out")
    return done + sweep(at)


def clock_is_sound(at: datetime) -> bool:
    """Say whether the time is not well before the newest that the log has seen."""
    newest = newest_time()
    return newest is None or at >= newest - BACKWARDS
