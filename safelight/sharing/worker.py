"""What the worker does for shares: lets go what is due, sends messages, ends what is over."""

import logging
from datetime import datetime

from safelight.photos.clock import in_doubt
from safelight.sharing.ending import end_due, sweep
from safelight.sharing.messages import send_messages
from safelight.sharing.releasing import let_go

log = logging.getLogger(__name__)


def work(*, at: datetime) -> int:
    """Do what is due now; return how much was done. Any number of workers may, at once.

    While the clock is in doubt nothing is let go, ended or removed: when a link ends could not be
    told. The gate refuses every link by itself until somebody has confirmed the clock.
    """
    if in_doubt(at):
        log.error("the clock is in doubt: nothing is let out")
        return 0
    return end_due(at) + let_go(at) + send_messages(at) + sweep(at)
