"""`safelight kits`: two new recovery kits, and the end of the old ones."""

import argparse
import hashlib
from dataclasses import replace
from pathlib import Path

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.photos.ending_keys import end_keys
from safelight.policy.models import Practice
from safelight.site.kits import Say, kit_paths, say_what_to_do, write_kits
from safelight.vault.recovery import make_recovery_kits


def run(told: argparse.Namespace, *, say: Say) -> int:
    """Make two new kits and end the old ones: no generation of the keyring opens with them.

    Every practice's log says so, as the server's act: whoever holds a kit can open everything.
    Cut off, the worker finishes it within a day, or whoever gives the command again.
    """
    practices = list(Practice.objects.order_by("pk"))
    if not practices:
        raise BadInput("There is no practice here yet, so there are no kits.")
    at = now()
    paths = kit_paths(Path(told.kits or "."))
    kits = make_recovery_kits()
    write_kits(kits, paths, practice=practices[0].name, at=at)
    recovery = tuple(kit.recipient for kit in kits)
    name = hashlib.sha256("".join(recovery).encode()).hexdigest()[:16]
    ended = [("key.kits_made", f"kits:{name}")]
    end_keys(lambda ring: replace(ring, recovery=recovery), ended, at=at)
    say_what_to_do(paths, say)
    say("The earlier kits open nothing made from now on. They still open older backups: destroy")
    say("the papers.")
    return 0
