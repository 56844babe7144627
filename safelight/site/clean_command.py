"""The `clean` command: photos in, cleaned copies out. It needs no practice, no keys, no network."""

import argparse
import errno
import io
import json
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safelight.imaging.cleaning import CannotClean, Cleaned, clean
from safelight.imaging.cleaning.kinds import ENDINGS
from safelight.imaging.limits import MAX_BYTES
from safelight.lib.refusals import Refusal

CLEANED, REFUSED = "cleaned", "refused"
ENDED = 143  # what a shell reports after a polite request to end
WITHOUT_UNNAMED = frozenset({errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT})
"""How the kernel says that a folder takes no files without a name (sticks, network folders)."""


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one file."""

    file: str
    state: str
    to: str = ""
    kind: str = ""
    how: str = ""
    removed: list[str] = field(default_factory=list)
    remains: list[str] = field(default_factory=list)
    code: str = ""
    reason: str = ""
    remedy: str = ""

    def as_json(self) -> str:
        """Write the line as JSON, leaving out what does not apply."""
        names = ("file", "state", "to", "kind", "how", "code", "reason", "remedy")
        values: dict[str, Any] = {name: getattr(self, name) for name in names}
        values = {name: value for name, value in values.items() if value}
        if self.state == CLEANED:
            values |= {"removed": self.removed, "remains": self.remains}
        return json.dumps(values)

    def as_words(self) -> str:
        """Write the line for a person."""
        if self.state == REFUSED:
            return " ".join(f"refused  {self.file}: {self.reason} {self.remedy}".split())
        gone = ", ".join(self.removed) or "nothing to remove"
        changed = "" if self.how == "exact" else f"; {self.how}"
        return f"cleaned  {self.file} -> {self.to} ({gone}{changed})"


class Unreadable(CannotClean):
    """The file could not be read at all."""

    code = "unreadable"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "The file could not be read.", remedy="Check its name and who may read it."
        )


class NoFile(CannotClean):
    """A folder, a pipe or a device: nothing that has an end to wait for."""

    code = "no_file"

    def __init__(self) -> None:
        """Say so; nobody has to guess which files of a folder were meant."""
        super().__init__("This is not a file.", remedy="Name the photos one by one.")


class Unwritable(CannotClean):
    """The copy could not be written."""

    code = "unwritable"

    def __init__(self, trouble: OSError) -> None:
        """Say why, in the words of the system."""
        super().__init__(
            f"The copy could not be written: {trouble.strerror or 'unknown trouble'}.",
            remedy="Check the folder, its room and the length of the name.",
        )


class NameTaken(CannotClean):
    """A file of that name is in the folder already."""

    code = "name_taken"

    def __init__(self) -> None:
        """Say so; nothing is ever written over."""
        super().__init__(
            "A file of that name is in the folder already, and nothing is written over.",
            remedy="Choose another folder.",
        )


def _read(source: Path) -> bytes:
    try:
        if source.exists() and not source.is_file():
            raise NoFile
        with source.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as trouble:
        raise Unreadable from trouble


def _write_unnamed(target: Path, data: bytes) -> bool:
    """Write a file that has no name until it is whole. Says whether the folder can do that."""
    try:
        handle = os.open(target.parent, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, 0o600)
    except OSError as trouble:
        if trouble.errno in WITHOUT_UNNAMED:
            return False
        raise
    with os.fdopen(handle, "wb") as opened:
        opened.write(data)
        opened.flush()
        os.link(f"/proc/self/fd/{handle}", target, src_dir_fd=handle, follow_symlinks=True)
    return True


def _write_named(target: Path, data: bytes) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def write_new(target: Path, data: bytes) -> None:
    """Write a new file, or none: nothing is written over, and nothing half is left."""
    try:
        if not _write_unnamed(target, data):
            _write_named(target, data)
    except FileExistsError as taken:
        raise NameTaken from taken
    except OSError as trouble:
        raise Unwritable(trouble) from trouble


def _shown(path: Path) -> str:
    """Return a name that stays on one line and can be printed, whatever is in it."""
    name = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in name)


def _one(source: Path, folder: Path) -> Line:
    name = _shown(source)
    try:
        cleaned: Cleaned = clean(_read(source))
        target = folder / (source.stem + ENDINGS[cleaned.kind])
        write_new(target, cleaned.data)
    except Refusal as no:
        return Line(name, REFUSED, code=no.code, reason=no.message, remedy=no.remedy)
    return Line(
        name,
        CLEANED,
        to=_shown(target),
        kind=cleaned.kind,
        how=cleaned.how,
        removed=cleaned.what_was_removed,
        remains=cleaned.what_remains,
    )


def run(told: argparse.Namespace, *, say: Callable[[str], None]) -> int:
    """Clean the files one after the other. Returns 0 only when every one was cleaned."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name may not fit the terminal
    folder = Path(told.output)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise Unwritable(trouble) from trouble
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(ENDED))  # so that nothing half is left
    lines = []
    for name in told.files:
        line = _one(Path(name), folder)
        say(line.as_json() if told.json else line.as_words())
        lines.append(line)
    return 0 if all(line.state == CLEANED for line in lines) else 1
