"""Keyring files: three generations, each sealed with ROOT and again to the recovery kits.

`00000007.age` is written first, then `00000007.keyring`: that name is the moment of change. A
crash in between leaves a recovery file that nobody needs and the generation before it in force.
Format: "SLR1", 8 bytes naming ROOT, u32 generation, then AES-256-GCM bound to those three.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from safelight.lib.refusals import Refusal
from safelight.vault import ciphers, files
from safelight.vault.keys import Keyring, from_json, new_keyring, to_json

MAGIC = b"SLR1"
KEYRING_CONTEXT = b"safelight/keyring/v1|"
ROOT_ID_CONTEXT = b"safelight/root-id/v1|"
GENERATIONS = 3
KITS = 2
HEAD_BYTES = len(MAGIC) + 8 + 4
AGE = b"age-encryption.org/"
SEALED, FOR_KITS = ".keyring", ".age"
LOCK = ".lock"


class KeyringExists(Refusal):
    """There are keys here already, and keys are never written over."""

    code = "keyring_exists"


class KeyringMissing(Refusal):
    """There is no keyring in this folder."""

    code = "keyring_missing"


class KeyringDamaged(Refusal):
    """Every generation that this root key should open is damaged."""

    code = "keyring_damaged"


class WrongRoot(Refusal):
    """This root key belongs to another keyring."""

    code = "wrong_root"


class TwoKitsNeeded(Refusal):
    """A keyring is only made when two different recovery kits can each open it."""

    code = "two_kits_needed"


def root_id(root: bytes) -> bytes:
    """Name a root key by 8 bytes that say nothing about it: ROOT itself is 256 random bits."""
    return hashlib.sha256(ROOT_ID_CONTEXT + root).digest()[:8]


def generations(folder: Path, kind: str = SEALED) -> list[int]:
    """Return the generation numbers in a folder, newest first. Other names are passed over."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    stems = (name.removesuffix(kind) for name in names if name.endswith(kind))
    return sorted((int(stem) for stem in stems if stem.isdecimal()), reverse=True)


def path_of(folder: Path, generation: int, kind: str = SEALED) -> Path:
    """Return where one generation lies."""
    return folder / f"{generation:08d}{kind}"


def create_keyring(folder: Path, *, root: bytes, recovery: Sequence[str], at: datetime) -> Keyring:
    """Make and save a keyring of fresh keys. It refuses to overwrite one, or to have one kit."""
    if generations(folder) or generations(folder, FOR_KITS):
        raise KeyringExists("There are keys in this folder already. Nothing was changed.")
    if len(set(recovery)) < KITS or not all(map(ciphers.is_age_recipient, recovery)):
        raise TwoKitsNeeded("Keys are made only with two different recovery kits.")
    files.make_folder(folder)
    with files.locked(folder / LOCK):
        return save_keyring(folder, root, new_keyring(recovery=recovery, at=at))


def save_keyring(folder: Path, root: bytes, keyring: Keyring) -> Keyring:
    """Save a keyring as the next generation and keep the two before it.

    The caller holds the folder's lock. When this returns, the new generation survives a power cut.
    """
    taken = [0, *generations(folder), *generations(folder, FOR_KITS)]
    saved = replace(keyring, generation=max(taken) + 1, damaged=())
    plain = to_json(saved)
    head = MAGIC + root_id(root) + saved.generation.to_bytes(4, "big")
    if saved.recovery:
        for_kits = ciphers.seal_to_age(plain, saved.recovery)
        files.write_durably(path_of(folder, saved.generation, FOR_KITS), for_kits, top=folder)
    sealed = head + ciphers.seal(root, plain, KEYRING_CONTEXT + head)
    files.write_durably(path_of(folder, saved.generation), sealed, top=folder)
    _forget_old(folder)
    return saved


def save_everywhere(folder: Path, root: bytes, keyring: Keyring) -> Keyring:
    """Save a keyring as all three generations, so that what it leaves out is gone from each."""
    for _ in range(GENERATIONS):
        keyring = save_keyring(folder, root, keyring)
    return keyring


def open_keyring(folder: Path, root: bytes) -> Keyring:
    """Open the newest generation that is whole, and name newer ones that are not."""
    numbers = generations(folder)
    if not numbers:
        raise KeyringMissing("There are no keys here.", remedy="Run `safelight init` first.")
    passed: list[str] = []
    is_damaged = False
    for number in numbers:
        path = path_of(folder, number)
        try:
            return replace(_open_one(path, root, number), damaged=tuple(passed))
        except WrongRoot:
            passed.append(path.name)
        except (ciphers.Unreadable, FileNotFoundError):
            passed.append(path.name)
            is_damaged = True
    if is_damaged:
        raise KeyringDamaged(
            "No generation of the keyring is whole.", remedy="Use a recovery kit, or the backup."
        )
    raise WrongRoot("This root key does not belong to this keyring. Nothing was opened.")


def rotate_root(
    folder: Path,
    *,
    old: bytes,
    new: bytes,
    switch: Callable[[], None],
    recovery: Sequence[str] | None = None,
) -> Keyring:
    """Seal the keyring with a new root key, and to new kits, when a holder of the old ones leaves.

    `switch` puts the new root where it is read at start. Whenever the power fails, either root
    opens a generation with the same keys: what the new one sealed is read back before the switch,
    and the old ones go only after it.
    """
    with files.locked(folder / LOCK):
        before = open_keyring(folder, old)
        if before.damaged:  # an earlier change was cut off: the old root opens the newest first
            before = save_keyring(folder, old, before)
        if recovery is not None:
            before = replace(before, recovery=tuple(recovery))
        saved = save_keyring(folder, new, before)
        if open_keyring(folder, new) != saved:
            raise KeyringDamaged("The keyring did not read back. Nothing was changed.")
        switch()
        return save_everywhere(folder, new, saved)


def _open_one(path: Path, root: bytes, number: int) -> Keyring:
    raw = path.read_bytes()
    head, sealed = raw[:HEAD_BYTES], raw[HEAD_BYTES:]
    if head[:4] != MAGIC or int.from_bytes(head[12:16], "big") != number:
        raise ciphers.Unreadable
    if head[4:12] != root_id(root):
        raise WrongRoot("Another root key seals this generation.")
    return from_json(ciphers.open_sealed(root, sealed, KEYRING_CONTEXT + head))


def _forget_old(folder: Path) -> None:
    """Destroy what is older than the three newest, or half-written: overwritten, then unlinked."""
    kept = generations(folder)[:GENERATIONS]
    for kind in (SEALED, FOR_KITS):
        for number in generations(folder, kind):
            if number < kept[-1]:
                _destroy(path_of(folder, number, kind), folder)
    for path in folder.glob(f"{files.TEMPORARY}*"):
        if path.read_bytes().startswith((MAGIC, AGE)):
            _destroy(path, folder)  # a save that was cut off; others wait for the folder's lock
    files.sync_folder_or_stop(folder, folder)


def _destroy(path: Path, top: Path) -> None:
    """Overwrite a file in place, then unlink it. Flash may keep a copy; it is sealed anyway."""
    try:
        with path.open("r+b", buffering=0) as file:
            files.write_all(file.fileno(), secrets.token_bytes(path.stat().st_size))
            files.sync_or_stop(file.fileno(), top)
        path.unlink(missing_ok=True)
    except FileNotFoundError:
        return
    except OSError as trouble:
        raise files.refusal_for(trouble, top) from trouble
