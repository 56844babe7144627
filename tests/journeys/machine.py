"""How busy the machine is: a promise in seconds is made for one that has nothing else to do."""

import random
import statistics
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

WORK = random.Random(1).randbytes(400_000).hex().encode()
QUIET = (
    0.035  # seconds the work takes a quiet machine of two cores, measured on the slowest we have
)
HANDS = 2  # a story keeps two cores busy: the browser's and the server's


def slowness() -> float:
    """Return how many times longer work takes now than on a quiet machine, at least once."""
    with ThreadPoolExecutor(HANDS) as hands:
        took = [_took(hands) for _ in range(5)]
    return max(1.0, statistics.median(took) / QUIET)


def _took(hands: ThreadPoolExecutor) -> float:
    begun = time.perf_counter()
    list(hands.map(zlib.compress, [WORK] * HANDS))
    return time.perf_counter() - begun
