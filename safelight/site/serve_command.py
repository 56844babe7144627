"""`safelight serve`: the address, the keys, the tables, then the processes, in that order."""

import argparse
from collections.abc import Callable

from safelight.site import serving, setting_up
from safelight.site.settings import CONFIG
from safelight.vault import keyring


def run(told: argparse.Namespace, *, say: Callable[[str], None]) -> int:
    """Serve the practice until told to stop. Without its keys nothing is opened or listens."""
    server = serving.take_address(CONFIG)
    keyring.current()
    setting_up.bring_up_to_date()
    say(f"Safelight is at {CONFIG.origin}")
    return serving.serve(CONFIG, server, say=say)
