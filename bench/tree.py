"""The process tree: its CPU, its memory and its end, read from /proc as the kernel counts them."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")
PARENT, USER, CHILDREN_SYSTEM = 1, 11, 14
"""Places of fields in /proc/<pid>/stat, counted after the name in brackets (proc_pid_stat(5))."""
LOOK_EVERY = 0.02


def _stat(pid: int) -> list[str] | None:
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def pids(top: int) -> list[int]:
    """Return a process and all below it that are alive now."""
    below: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (words := _stat(int(entry.name))):
            below.setdefault(int(words[PARENT]), []).append(int(entry.name))
    found, todo = [], [top]
    while todo:
        one = todo.pop()
        found.append(one)
        todo.extend(below.get(one, []))
    return found


def cpu(top: int) -> float:
    """Return the CPU seconds of a tree: of those alive, and of all that they waited for."""
    return sum(cpu_by_process(top).values())


def cpu_by_process(top: int) -> dict[int, float]:
    """Return the CPU seconds of each process of a tree, with the children it waited for."""
    found = {}
    for pid in pids(top):
        if words := _stat(pid):
            found[pid] = sum(int(ticks) for ticks in words[USER : CHILDREN_SYSTEM + 1]) / TICKS
    return found


def name_of(pid: int) -> str:
    """Return the module or file that a process runs, as its command line says."""
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return "ended"
    return next((word.decode() for word in words[1:] if not word.startswith(b"-")), "python")


def pss(top: int) -> int:
    """Return the bytes of memory a tree really takes: what is shared counts once (PSS)."""
    total = 0
    for pid in pids(top):
        try:
            text = (PROC / str(pid) / "smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        for line in text.splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


@dataclass
class Peak:
    """The most memory seen, and how often was looked."""

    most: int = 0
    looks: int = 0
    stop: threading.Event = field(default_factory=threading.Event)


@contextmanager
def peak_of(top: int) -> Iterator[Peak]:
    """Look at a tree's memory over and over, and keep the most."""
    peak = Peak()

    def look() -> None:
        while not peak.stop.is_set():
            peak.most, peak.looks = max(peak.most, pss(top)), peak.looks + 1
            time.sleep(LOOK_EVERY)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        peak.stop.set()
        thread.join()
