"""Power: what a disk may hold after the current goes, watched from real calls to the kernel.

The calls are real and go to real files; the watcher only notes what each fsync made durable. After
every call it can build four disks: file bytes that were fsynced or all of them, with names that
were fsynced or all of them. (After security-design, section 11, recipe F2.) `Breaking` makes the
n-th call fail instead, as a bad or full disk does.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import pytest

WATCHED = ("open", "write", "fsync", "rename", "unlink", "mkdir", "ftruncate")
Names = dict[str, dict[str, int]]  # folder, below the top -> name -> inode


class Watcher:
    """Notes durable bytes and names under one folder while calls go through."""

    def __init__(self, top: Path, patch: pytest.MonkeyPatch, after: Callable[[], None]) -> None:
        self.top = top
        self.calls: list[str] = []
        self._after = after
        self._is_checking = False
        self._open = os.open
        self._pins: list[int] = []  # open handles keep the kernel from using an inode again
        self._durable_bytes: dict[int, bytes] = {}
        self._durable_names: Names = self._names_now()
        for path in top.rglob("*"):
            if path.is_file():
                self._pins.append(os.open(path, os.O_RDONLY))
                self._durable_bytes[path.stat().st_ino] = path.read_bytes()
        for name in WATCHED:
            patch.setattr(os, name, self._watched(name, getattr(os, name)))

    def close(self) -> None:
        for pin in self._pins:
            os.close(pin)

    def disks(self, folder: Path) -> Iterator[Path]:
        """Build the four disks that this moment may leave behind, one after the other."""
        for kept_names, kept_bytes in product((True, False), repeat=2):
            disk = folder / "after"
            shutil.rmtree(disk, ignore_errors=True)
            disk.mkdir()
            self._build(
                disk, "", self._names_now() if kept_names else self._durable_names, kept_bytes
            )
            yield disk

    def _watched(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **words: Any) -> Any:
            answer = real(*args, **words)
            if self._is_checking:
                return answer
            if name == "open" and args[1] & os.O_CREAT:
                # Opened anew, not dup()ed: a dup would hold on to the caller's locks.
                self._pins.append(self._open(f"/proc/self/fd/{answer}", os.O_RDONLY))
            if name == "fsync":
                self._note(args[0])
            if name != "open" or args[1] & os.O_CREAT:
                self.calls.append(f"{name} {self._label(args[0])}")
                self._is_checking = True
                self._after()
                self._is_checking = False
            return answer

        return call

    def _label(self, target: object) -> str:
        path = os.readlink(f"/proc/self/fd/{target}") if isinstance(target, int) else str(target)
        return "folder" if Path(path).is_dir() else "file"

    def _note(self, handle: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{handle}"))
        if path.is_dir():
            if path == self.top or self.top in path.parents:
                where = str(path.relative_to(self.top))
                self._durable_names[where] = self._names_in(path)
        else:
            self._durable_bytes[os.fstat(handle).st_ino] = Path(
                f"/proc/self/fd/{handle}"
            ).read_bytes()

    def _names_in(self, folder: Path) -> dict[str, int]:
        return {entry.name: entry.inode() for entry in os.scandir(folder)}

    def _names_now(self) -> Names:
        folders = [self.top, *(path for path in self.top.rglob("*") if path.is_dir())]
        return {str(path.relative_to(self.top)): self._names_in(path) for path in folders}

    def _build(self, disk: Path, where: str, names: Names, kept_bytes: bool) -> None:
        now = {path.stat().st_ino: path for path in self.top.rglob("*")}
        for name, inode in names.get(where or ".", {}).items():
            below = f"{where}/{name}" if where else name
            if inode in now and now[inode].is_dir():
                (disk / name).mkdir()
                self._build(disk / name, below, names, kept_bytes)
            else:
                held = now[inode].read_bytes() if kept_bytes and inode in now else None
                durable = self._durable_bytes.get(inode, b"")
                (disk / name).write_bytes(durable if held is None else held)


@contextmanager
def watching(
    top: Path, spare: Path, check: Callable[[Path], None], calls: list[str] | None = None
) -> Iterator[None]:
    """Run what is inside, and check every disk that the power could leave after every call."""
    spare.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:

        def after() -> None:
            for disk in watcher.disks(spare):
                check(disk)

        watcher = Watcher(top, patch, after)
        if calls is not None:
            watcher.calls = calls
        try:
            yield
        finally:
            patch.undo()
            watcher.close()


class Breaking:
    """Makes the n-th watched call fail; `is_done` says that it never came so far."""

    def __init__(self, nth: int, number: int) -> None:
        self.nth, self.number = nth, number
        self.seen = 0
        self.broke = ""

    @property
    def is_done(self) -> bool:
        return not self.broke

    @contextmanager
    def calls(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name in ("open", "write", "fsync", "rename", "mkdir"):
                patch.setattr(os, name, self._breaking(name, getattr(os, name)))
            yield

    def _breaking(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **words: Any) -> Any:
            if name == "open" and not args[1] & os.O_CREAT:
                return real(*args, **words)
            self.seen += 1
            if self.seen != self.nth:
                return real(*args, **words)
            self.broke = name
            if name == "write":
                real(args[0], bytes(args[1])[: len(args[1]) // 2])  # half of it got there
            raise OSError(self.number, os.strerror(self.number))

        return call


FULL, BAD = errno.ENOSPC, errno.EIO
