"""Wiring: how a lower floor reaches a thing that a higher floor chose for it.

`settings.SAFELIGHT_WIRING` is one visible table of names and dotted paths; nothing registers.
"""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@cache
def wired(name: str) -> Any:
    """Return what the settings' table puts behind a name. An unknown name is a KeyError."""
    return import_string(settings.SAFELIGHT_WIRING[name])


def all_wired(prefix: str) -> list[Any]:
    """Return everything the table puts behind names that begin so, in the table's order."""
    table = settings.SAFELIGHT_WIRING.items()
    return [import_string(path) for name, path in table if name.startswith(prefix)]
