"""The keyring of this process: opened once, and read again when another process saved a newer one.

It holds the keys by which every other byte of the practice is sealed. Files: `keyfiles`. Values:
`keys`. Where ROOT comes from: `root`.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from getpass import getpass
from pathlib import Path

from django.conf import settings

from safelight.lib.clock import now
from safelight.lib.refusals import Refusal
from safelight.vault import files, keyfiles
from safelight.vault.keyfiles import create_keyring, open_keyring, rotate_root
from safelight.vault.keys import CaptureKey, Keyring, NoSuchKey, new_keyring
from safelight.vault.root import HANDED_OVER, Root, find_root

__all__ = [
    "CaptureKey",
    "Keyring",
    "NoSuchKey",
    "change",
    "create_keyring",
    "current",
    "held_alone",
    "new_keyring",
    "open_keyring",
    "root_of_process",
    "rotate_root",
    "take_alone",
    "turn_root",
    "use",
]


class KeyringInUse(Refusal):
    """Another process holds the keyring open, and would be left with a root key that ended."""

    code = "keyring_in_use"

    def __init__(self) -> None:
        """Say what to stop."""
        super().__init__(
            "Safelight is running, or another command is. Nothing was changed.",
            remedy="Stop it first, for example: systemctl stop safelight.",
        )


@dataclass(frozen=True)
class _Held:
    """What this process opened. Without a folder it is a test's keyring, in memory alone."""

    ring: Keyring
    newest_seen: int = 0
    folder: Path | None = None
    root: Root | None = field(default=None, repr=False)
    shared: int | None = None  # tells other processes that this one has the folder open


_held: _Held | None = None
_opening = threading.RLock()


def current() -> Keyring:
    """Return the process's keyring. It costs one directory listing after the first call.

    A generation that another process saved is seen at once, so a destroyed key is gone everywhere.
    """
    held = _held
    if held is None:
        return _open_first().ring
    if held.folder is None or held.newest_seen == _newest(held.folder):
        return held.ring
    return _open_again().ring


def use(keyring: Keyring | None) -> None:
    """Give this process a keyring in memory, for tests; None makes it open the saved one again."""
    global _held
    with _opening:
        if _held is not None and _held.shared is not None:
            os.close(_held.shared)
        _held = None if keyring is None else _Held(keyring)


def change(alter: Callable[[Keyring], Keyring], *, everywhere: bool = False) -> Keyring:
    """Change the saved keyring and return it. `everywhere` replaces all three generations.

    It is read again under the folder's lock first, so changes made side by side are both kept.
    """
    global _held
    with _opening:
        current()
        held = _held
        if held is None or held.folder is None or held.root is None:
            ring = alter(current())
            ring = replace(ring, generation=ring.generation + 1)
            _held = _Held(ring)
            return ring
        save = keyfiles.save_everywhere if everywhere else keyfiles.save_keyring
        with files.locked(held.folder / keyfiles.LOCK):
            before = open_keyring(held.folder, held.root.key)
            after = alter(before)
            if after is before and not everywhere:
                return before
            ring = save(held.folder, held.root.key, after)
            _held = replace(held, ring=ring, newest_seen=_newest(held.folder))
            return ring


def root_of_process() -> Root | None:
    """Return ROOT and where it came from, to hand to a process we start; None in a test."""
    current()
    return _held.root if _held else None


def take_alone() -> Root:
    """Hold the keyring for this process alone until it ends; refuse while another has it open."""
    current()
    held = _held
    if held is None or held.root is None or held.shared is None or not files.is_alone(held.shared):
        raise KeyringInUse
    return held.root


@contextmanager
def held_alone(folder: Path) -> Iterator[None]:
    """Hold a keyring that is not opened yet for this process alone; refuse where another has it."""
    if not folder.is_dir():
        raise keyfiles.KeyringMissing("There are no keys here.")
    handle = files.share(folder)
    try:
        if not files.is_alone(handle):
            raise KeyringInUse
        yield
    finally:
        os.close(handle)


def turn_root(new: bytes, *, recovery: Sequence[str], switch: Callable[[], None]) -> None:
    """Seal the saved keyring under a new ROOT and to new kits; the old ones open it no more.

    Only where no other process holds the old one: it could not read what is saved from now on.
    """
    global _held
    with _opening:
        old = take_alone()
        held = _held
        if held is None or held.folder is None:
            raise KeyringInUse
        ring = rotate_root(held.folder, old=old.key, new=new, switch=switch, recovery=recovery)
        root = replace(old, key=new)
        _held = replace(held, ring=ring, newest_seen=_newest(held.folder), root=root)


def _newest(folder: Path) -> int:
    return max(keyfiles.generations(folder), default=0)


def _open_first() -> _Held:
    """Find ROOT and open the saved keyring. The only place that reads the settings."""
    global _held
    with _opening:
        if _held is not None:
            return _held
        folder = Path(settings.SAFELIGHT_DATA) / "keyring"
        shared = files.share(folder) if folder.is_dir() else None
        try:
            root = _find_root()
            newest = _newest(folder)
            _held = _Held(open_keyring(folder, root.key), newest, folder, root, shared)
        except BaseException:
            if shared is not None:
                os.close(shared)
            raise
        return _held


def _find_root() -> Root:
    data = Path(settings.SAFELIGHT_DATA)
    key_file = getattr(settings, "SAFELIGHT_ROOT_KEY_FILE", None)
    credentials = os.environ.get("CREDENTIALS_DIRECTORY")
    handed_over = os.environ.get(HANDED_OVER)
    return find_root(
        data,
        key_file=Path(key_file) if key_file else None,
        ask=_ask if sys.stdin is not None and sys.stdin.isatty() else None,
        credentials=Path(credentials) if credentials else None,
        handed_over=int(handed_over) if handed_over else None,
        at=now(),
    )


def _open_again() -> _Held:
    """Read a newer generation. ROOT is remembered, so nobody is asked twice."""
    global _held
    with _opening:
        held = _held
        if held is None:
            return _open_first()
        if held.folder is None or held.root is None:
            return held
        newest = _newest(held.folder)
        _held = replace(held, ring=open_keyring(held.folder, held.root.key), newest_seen=newest)
        return _held


def _ask() -> str:
    return getpass("Passphrase: ")
