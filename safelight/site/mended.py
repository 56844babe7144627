"""`safelight mended`: a person has looked at the disk, so writing is open again."""

import argparse
from collections.abc import Callable

from safelight.site.config import default_data
from safelight.vault import files


def run(told: argparse.Namespace, *, say: Callable[[str], None]) -> int:
    """Open every folder that a failed write closed. Nothing but a person's word does that."""
    for folder in files.STOPPABLE:
        files.start_again(default_data() / folder)
    say("Writing is open again. Photos that waited on phones come by themselves.")
    return 0
