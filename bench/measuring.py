"""Measuring: times in the same process, and a line that says what a number is compared with."""

import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """Milliseconds of many runs."""

    runs: tuple[float, ...]

    @property
    def p50(self) -> float:
        """The middle run."""
        return statistics.median(self.runs)

    @property
    def p99(self) -> float:
        """The run that one in a hundred is slower than."""
        return sorted(self.runs)[min(len(self.runs) - 1, int(len(self.runs) * 0.99))]


def timed(act: Callable[[], object], *, runs: int, clock: Callable[[], float]) -> Times:
    """Run an act many times after once to warm up, by the wall or by this process's CPU."""
    act()
    found = []
    for _ in range(runs):
        begin = clock()
        act()
        found.append((clock() - begin) * 1000)
    return Times(tuple(found))


def by_wall(act: Callable[[], object], *, runs: int = 200) -> Times:
    """Time by the clock on the wall."""
    return timed(act, runs=runs, clock=time.perf_counter)


def by_cpu(act: Callable[[], object], *, runs: int = 20) -> Times:
    """Time by the CPU of this process and the children it waited for."""
    return timed(act, runs=runs, clock=cpu_seconds)


def cpu_seconds() -> float:
    """Return the CPU used by this process and its ended children."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


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
