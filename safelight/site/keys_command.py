"""`safelight keys`: change what seals everything, where time or a person who leaves asks for it."""

import argparse
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import transaction

from safelight.audit.log import record
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.photos.rewrapping import begin_epoch, waiting
from safelight.policy.models import Practice
from safelight.site.kits import kit_paths, say_what_to_do, write_kits
from safelight.vault import keyring, root
from safelight.vault.recovery import make_recovery_kits
from safelight.vault.staging import RootFixed, Staged, stage_key_file, stage_passphrase
from safelight.vault.words import new_passphrase

Say = Callable[[str], None]


def next_epoch(told: argparse.Namespace, *, say: Say) -> int:
    """Make each practice's next key for the keys of photos. The server may run meanwhile.

    From now on it wraps what is new; the worker wraps the rest anew and then destroys the old one.
    """
    for practice in Practice.objects.order_by("pk"):
        newest = keyring.current().newest_epoch(practice.pk)
        made = begin_epoch(practice, after=newest, at=now())
        say(f"{practice.name}: epoch {made} wraps what is new; {waiting(practice)} keys are older.")
    say("The running server wraps them anew within minutes, and destroys the old key a day later.")
    say("`safelight status` says how far it is. A backup made before keeps its own old keyring.")
    return 0


def new_root(told: argparse.Namespace, *, say: Say) -> int:
    """Seal the keyring under a new ROOT and to two new kits. Nothing else may have it open.

    All that will be needed is shown and written before anything changes, so that whenever it is cut
    off, the old way or the new one opens the practice. Run again, it does what is left.
    """
    practices = list(Practice.objects.order_by("pk"))
    if not practices:
        raise BadInput("There is no practice here yet, so there is no root key.")
    at = now()
    source = keyring.take_alone().source
    paths = kit_paths(Path(told.kits or "."))
    key, kits = root.new_root(), make_recovery_kits()
    staged = _stage(source, key, told.key_file, say)
    is_switched = False

    def switch() -> None:
        nonlocal is_switched
        if staged is not None:
            staged.put()
        is_switched = True

    try:
        write_kits(kits, paths, practice=practices[0].name, at=at)
        with transaction.atomic():
            for practice in practices:
                record("key.root_made", practice=practice.pk, by=None, at=at)
            keyring.turn_root(key, recovery=[kit.recipient for kit in kits], switch=switch)
    except BaseException:
        if not is_switched:  # the old way is in force, and these would open nothing
            for path in paths:
                path.unlink(missing_ok=True)
        raise
    finally:
        if staged is not None:
            staged.clear()
    _say_what_ended(source, told.key_file, say)
    say_what_to_do(paths, say)
    return 0


def _stage(source: str, key: bytes, key_file: str | None, say: Say) -> Staged | None:
    """Make the new way to ROOT lie ready: of the kind that opened the keyring now."""
    data = Path(settings.SAFELIGHT_DATA)
    if source == "systemd credential":
        if not key_file:
            raise RootFixed(
                "The root key comes from a systemd credential, which only you can replace.",
                remedy="Name a file for the new root key, to seal as a credential: --key-file FILE",
            )
        root.write_key_file(Path(key_file).absolute(), key, data=data)
        return None
    if key_file:
        raise BadInput("--key-file is for a root key that comes from a systemd credential.")
    if source == "key file":
        return stage_key_file(Path(settings.SAFELIGHT_ROOT_KEY_FILE), key, data=data)
    passphrase = new_passphrase()
    staged = stage_passphrase(data / "keyring", key, passphrase, at=now())
    say("New passphrase, asked for at every start. It is shown this once, so write it down now:")
    say(f"  {passphrase}")
    say("If this command is cut off before it says that it is done, the old one may still be it.")
    say("")
    return staged


def _say_what_ended(source: str, key_file: str | None, say: Say) -> None:
    """Say what no longer opens the practice, what still does, and what to do about it."""
    say("Done: the keyring is sealed under a new root key.")
    if source == "systemd credential":
        say(f"Seal {key_file} as the credential before the next start, then destroy the file.")
    say("The earlier passphrase, root key and recovery kits open it no more. They still open every")
    say("backup made before now: destroy the papers and every copy of the old root key, and the")
    say("backups as well where you can, or keep them where whoever left cannot come.")
    say("")
