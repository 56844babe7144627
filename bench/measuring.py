"""Measuring: times, and a line that says what a number is compared with."""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Milliseconds of many runs, by the clock on the wall, and by the CPU where it was asked."""

    runs: tuple[float, ...]
    cpu: tuple[float, ...] = ()

    @property
    def p50(self) -> float:
        """The middle run."""
        return statistics.median(self.runs)

    @property
    def cpu_p50(self) -> float:
        """The CPU of the middle run: what other programs of a shared machine change least."""
        return statistics.median(self.cpu)

    @property
    def p99(self) -> float:
        """The run that one in a hundred is slower than."""
        return sorted(self.runs)[min(len(self.runs) - 1, int(len(self.runs) * 0.99))]


def timed(act: Callable[[], object], *, runs: int = 200, seconds: float = 10.0) -> Times:
    """Time an act many times by the wall and by this process's CPU, after once to warm up.

    A slow act is run fewer times, but for at least a tenth of them.
    """
    act()
    found: list[float] = []
    spent: list[float] = []
    until = time.perf_counter() + seconds
    while len(found) < runs and (len(found) < runs // 10 or time.perf_counter() < until):
        begin, used = time.perf_counter(), time.process_time()
        act()
        spent.append((time.process_time() - used) * 1000)
        found.append((time.perf_counter() - begin) * 1000)
    return Times(tuple(found), tuple(spent))


def say(words: str = "") -> None:
    """Write one line."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def table(title: str, baseline: str, rows: Sequence[tuple[str, str, str]]) -> None:
    """Write a table: what, how much, and how many times the baseline."""
    say()
    say(title)
    say(f"  baseline: {baseline}")
    wide = max(len(row[0]) for row in rows)
    for what, much, ratio in rows:
        say(f"  {what:<{wide}}  {much:>22}  {ratio}")
