"""Files that survive a power cut: written aside, fsynced, renamed, and the folder fsynced.

The order is security-design, section 4. A failed fsync is never tried again: the kernel may have
dropped the page, so a second call could lie. The folder is then closed to writing until a person
has looked.
"""

import errno
import fcntl
import logging
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from safelight.lib.refusals import Refusal

log = logging.getLogger(__name__)

STOPPED = "STOPPED"  # a file of this name closes its folder to writing
STOPPABLE = ("inbox", "blobs", "keyring")  # folders of the data folder that a failed fsync closes
TEMPORARY = ".tmp-"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


class StoreFull(Refusal):
    """There is no room. Nothing was kept, and what was there before is whole."""

    code = "store_full"
    status = 507


class ReadOnly(Refusal):
    """The disk failed to make bytes durable, so nothing more is written until a person looked."""

    code = "read_only"
    status = 507


def no_room() -> StoreFull:
    """Return the refusal for a full disk."""
    return StoreFull(
        "The server has no room. Nothing was stored.",
        remedy="Photos stay sealed on the phone until there is room.",
    )


def read_only() -> ReadOnly:
    """Return the refusal for a folder that is closed to writing."""
    return ReadOnly(
        "The server's disk failed, so it takes nothing new. What it held is still there.",
        remedy="Have the disk checked, then open the store for writing again.",
    )


def stop(folder: Path) -> None:
    """Close a folder to writing, for every process, because its disk could not be trusted."""
    log.critical("fsync failed: %s is closed to writing", folder.name)
    with suppress(OSError):
        (folder / STOPPED).touch(0o600)


def is_stopped(folder: Path) -> bool:
    """Say whether a folder was closed to writing."""
    return (folder / STOPPED).exists()


def start_again(folder: Path) -> None:
    """Open a folder for writing again. A person decides this after the disk was checked."""
    (folder / STOPPED).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_folder(folder: Path, *, top: Path | None = None) -> None:
    """Make a folder, and those above it, that only we may enter, and make their names durable.

    A parent is fsynced even where the folder was there already: another process may have made it
    a moment ago and not have got that far. `top` is the folder to close when the disk fails.
    """
    if not folder.parent.exists():
        make_folder(folder.parent, top=top)
    folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder_or_stop(folder.parent, top or folder)


def write_all(handle: int, data: bytes | memoryview) -> None:
    """Write every byte, however often the kernel takes fewer than it was offered."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]


def write_durably(path: Path, data: bytes, *, top: Path) -> None:
    """Put a whole file in its place, or leave the place as it was.

    When this returns, file and name survive a power cut. `top` is the folder to close when the
    disk fails. Nothing is left behind on failure.
    """
    if is_stopped(top):
        raise read_only()
    aside = path.parent / f"{TEMPORARY}{secrets.token_hex(8)}"
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        try:
            write_all(handle, data)
            sync_or_stop(handle, top)
        finally:
            os.close(handle)
        aside.rename(path)
    except BaseException as trouble:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
        if isinstance(trouble, OSError):
            raise refusal_for(trouble, top) from trouble
        raise
    sync_folder_or_stop(path.parent, top)


def sync_or_stop(handle: int, top: Path) -> None:
    """Make a file's bytes durable; when the disk refuses, close `top` and never ask twice."""
    try:
        os.fsync(handle)
    except OSError as trouble:
        stop(top)
        raise read_only() from trouble


def sync_folder_or_stop(folder: Path, top: Path) -> None:
    """Make a folder's names durable; when the disk refuses, close `top` and never ask twice."""
    try:
        sync_folder(folder)
    except OSError as trouble:
        stop(top)
        raise read_only() from trouble


def refusal_for(trouble: OSError, top: Path) -> Refusal:
    """Return how a failed write is answered: no room, or a disk that takes nothing."""
    if trouble.errno in FULL:
        return no_room()
    log.error("a write to %s failed: %s", top.name, errno.errorcode.get(trouble.errno or 0, "?"))
    return read_only()


def remove_temporary(folder: Path, *, before: float) -> int:
    """Remove what a crash left half-written in a folder before an instant (Unix seconds)."""
    left = [p for p in folder.glob(f"{TEMPORARY}*") if p.stat().st_mtime < before]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def share(folder: Path) -> int:
    """Tell other processes that this one uses a folder; return the handle to close at the end.

    It waits while another has the folder alone. The kernel takes the mark back from the dead.
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(handle, fcntl.LOCK_SH)
    return handle


def is_alone(handle: int) -> bool:
    """Take a shared folder for this process alone, unless another process uses it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock file, so that one process at a time does what follows."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
