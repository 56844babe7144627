"""Starting: Django is made ready first, then what needs it is imported, by its dotted name."""

import os
from pkgutil import resolve_name
from typing import Any

import django


def ready(path: str) -> Any:
    """Make Django ready, and return what a dotted name (`package.module:name`) stands for.

    Models exist only from then on, so a module that has them at its top is imported by this. The
    settings read the data folder: whoever calls has made and named it.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "safelight.site.settings")
    django.setup()
    return resolve_name(path)
