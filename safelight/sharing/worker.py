"""What the worker does for shares: lets go what is due, sends messages, tidies what is over."""

import logging
from datetime import datetime

from safelight.photos.clock import in_doubt
from safelight.sharing.ending import end_due, sweep
from safelight.sharing.messages import send_messages
from safelight.sharing.releasing import let_go

log = logging.getLogger(__name__)


def work(*, at: datetime) -> int:
    """Let go and send what is due now; return how much was done. Any number of workers may.

    While the clock is in doubt nothing is let go: when a link ends could not be told.
    """
    if in_doubt(at):
        log.error("the clock is in doubt: nothing is let out")
        return 0
    return let_go(at) + send_messages(at)


def tidy(*, at: datetime) -> int:
    """Write down what is over and remove its bytes; return how much was done.

    It need not be prompt: the gate refuses by itself what has ended. A doubtful clock ends nothing.
    """
    return 0 if in_doubt(at) else end_due(at) + sweep(at)
