"""New keys for a new practice: ROOT, the keyring, two recovery kits. Nothing is written over."""

import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from safelight.lib.refusals import Refusal
from safelight.vault import keyfiles, root
from safelight.vault.recovery import Kit, make_recovery_kits, open_with_kit, restore_keyring
from safelight.vault.root import Root
from safelight.vault.words import new_passphrase


class AlreadySetUp(Refusal):
    """There is a practice here. Setting up again would bury its keys, so nothing was changed."""

    code = "already_set_up"


@dataclass(frozen=True)
class NewKeys:
    """What a person must write down or print: shown once, kept nowhere."""

    kits: tuple[Kit, Kit]
    root: Root = field(repr=False)
    passphrase: str | None  # None: the root key lies in its 0600 file


def refuse_if_set_up(data: Path) -> None:
    """Refuse before anything is asked when there are keys here, or a database that lost its own."""
    if (data / "keyring").exists():
        raise AlreadySetUp(
            "There are keys here already, so nothing was changed.",
            remedy="Choose another data folder, or start the practice that is here.",
        )
    if (data / "safelight.db").exists():
        raise AlreadySetUp(
            "There is a practice here without its keys, so nothing was changed.",
            remedy="Bring the folder `keyring` back from the backup, or choose another folder.",
        )


def make_keys(data: Path, *, key_file: Path | None, at: datetime) -> NewKeys:
    """Make ROOT, the keyring and two recovery kits. With a key file there is no passphrase."""
    refuse_if_set_up(data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(data, 0o700)
    key = root.new_root()
    kits = make_recovery_kits()
    if key_file is not None:  # before the keyring: a file that is in the way is refused here
        root.write_key_file(key_file, key, data=data)
    keyfiles.create_keyring(
        data / "keyring", root=key, recovery=[kit.recipient for kit in kits], at=at
    )
    if key_file is not None:
        return NewKeys(kits, Root(key, "key file"), None)
    passphrase = new_passphrase()
    root.keep_by_passphrase(data / "keyring", key, passphrase)
    return NewKeys(kits, Root(key, "passphrase"), passphrase)


def recover_keyring(
    data: Path, identity: str, *, key_file: Path | None, at: datetime
) -> str | None:
    """Open the keyring with a paper kit and seal it under a new ROOT; return a new passphrase.

    The photos and the database stay as they are. With a key file there is no passphrase.
    """
    folder = data / "keyring"
    open_with_kit(folder, identity)  # a wrong kit changes nothing
    key = root.new_root()
    passphrase = None
    # The new way in is kept before the keyring is sealed under it. A crash between the two leaves
    # the kit, which opens the keyring again.
    if key_file is not None:
        root.write_key_file(key_file, key, data=data)
    else:
        passphrase = new_passphrase()
        root.keep_by_passphrase(folder, key, passphrase, replace=True)
    restore_keyring(folder, identity, root=key)
    return passphrase
