"""Staging: a new way to ROOT lies durable beside the old one, and is read back before it is used.

Putting it in the old one's place is one rename: a crash leaves the one or the other, whole.
"""

import os
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from safelight.lib.refusals import Refusal
from safelight.vault import files, root

NEXT = ".next"  # in the keyring's folder: where a new passphrase file waits
NEW = ".new"  # behind a key file's name: the next one


class RootFixed(Refusal):
    """The way to the root key cannot be replaced where it lies. Nothing was changed."""

    code = "root_fixed"


class NotReadBack(Refusal):
    """What was written does not read back as it was written. The old way stays in force."""

    code = "root_not_read_back"

    def __init__(self) -> None:
        """Say what to look at."""
        super().__init__(
            "The new root key did not read back from the disk. Nothing was changed.",
            remedy="Have the disk checked.",
        )


@dataclass(frozen=True)
class Staged:
    """A file that waits beside the place it is made for."""

    aside: Path
    place: Path

    def put(self) -> None:
        """Put it in its place, durably; only then is what lay there overwritten."""
        folder = self.place.parent
        with self.place.open("r+b", buffering=0) as old:
            self.aside.rename(self.place)
            files.sync_folder_or_stop(folder, folder)
            files.write_all(old.fileno(), secrets.token_bytes(os.fstat(old.fileno()).st_size))
            files.sync_or_stop(old.fileno(), folder)

    def clear(self) -> None:
        """Leave nothing aside, whether it was put in its place or not."""
        with suppress(OSError):
            self.aside.unlink(missing_ok=True)
        if self.aside.parent.name == NEXT:
            shutil.rmtree(self.aside.parent, ignore_errors=True)


def stage_key_file(path: Path, key: bytes, *, data: Path) -> Staged:
    """Write the next root key beside its key file, and read it back."""
    staged = Staged(path.with_name(path.name + NEW), path)
    if not os.access(path.parent, os.W_OK):
        raise RootFixed(
            f"The root key file cannot be replaced: {path.parent} may not be written to.",
            remedy="Give that folder to the user who runs this, until it is done.",
        )
    staged.clear()
    root.write_key_file(staged.aside, key, data=data)
    if root.read_key_file(staged.aside, data=data) != key:
        raise NotReadBack
    return staged


def stage_passphrase(folder: Path, key: bytes, passphrase: str, *, at: datetime) -> Staged:
    """Seal the next root key with a new passphrase in a folder beside, and open it from there."""
    staged = Staged(folder / NEXT / root.SEALED_ROOT_FILE, folder / root.SEALED_ROOT_FILE)
    staged.clear()
    root.keep_by_passphrase(staged.aside.parent, key, passphrase)
    if root.unseal(staged.aside.parent, passphrase, at=at) != key:
        raise NotReadBack
    return staged
