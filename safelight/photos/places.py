"""Places: the inbox in which capsules arrive. The store of photos is chosen by `vault.stores`."""

from functools import cache
from pathlib import Path

from django.conf import settings

from safelight.vault.inbox import Inbox


def inbox() -> Inbox:
    """Return the inbox of this installation's data folder, the same one for the whole process."""
    return _inbox(Path(settings.SAFELIGHT_DATA) / "inbox")


@cache
def _inbox(folder: Path) -> Inbox:
    return Inbox(folder)
