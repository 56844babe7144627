"""Ballast: a file that holds room, given up so that the audit log and the shutdown can finish."""

import os
from contextlib import suppress
from pathlib import Path

from safelight.vault import files

SIZE = 64 * 1024 * 1024  # security-design, section 4
NAME = "ballast"


class Ballast:
    """Room kept back in one folder."""

    def __init__(self, folder: Path, *, size: int = SIZE) -> None:
        """Take the folder whose disk is to keep room."""
        self.path = folder / NAME
        self.size = size

    @property
    def is_held(self) -> bool:
        """Say whether the room is kept back now."""
        try:
            return self.path.stat().st_blocks * 512 >= self.size
        except FileNotFoundError:
            return False

    def hold(self) -> None:
        """Take the room. Holding it twice takes it once; without room there is no half ballast."""
        if self.is_held:
            return
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            os.posix_fallocate(handle, 0, self.size)
            os.fsync(handle)
        except OSError as trouble:
            with suppress(OSError):
                self.path.unlink()
            raise files.refusal_for(trouble, self.path.parent) from trouble
        finally:
            os.close(handle)

    def release(self) -> bool:
        """Give the room up; say whether there was any. It is held again when there is room."""
        was_held = self.is_held
        self.path.unlink(missing_ok=True)
        return was_held
