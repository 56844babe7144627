"""`safelight audit`: take the audit log out, and the key that checks it."""

import argparse
import os
import sys
from base64 import b64encode
from collections.abc import Callable

from safelight.audit.export import export_log
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.policy.models import Practice
from safelight.vault.sealing import audit_public_key

Say = Callable[[str], None]


def export(told: argparse.Namespace, *, say: Say) -> int:
    """Write the practice's audit log to a file that only we may read, or to standard output."""
    practice = Practice.objects.first()
    if practice is None:
        raise BadInput("There is no practice here yet, so there is no log.")
    if told.file == "-":
        export_log(practice.pk, to=sys.stdout.buffer, by=None, at=now())
        return 0
    handle = os.open(told.file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as to:
        signed = export_log(practice.pk, to=to, by=None, at=now())
    say(f"{signed.size} entries")
    say(f"Written. Check it with: python tools/verify_audit.py --key KEY {told.file}")
    say("KEY is a file that holds what `safelight audit key` prints.")
    return 0


def key(told: argparse.Namespace, *, say: Say) -> int:
    """Print the public key that checks the signatures of every practice here."""
    say(b64encode(audit_public_key()).decode())
    return 0
