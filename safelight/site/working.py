"""One worker process: Django is made ready first, because the worker's own module needs it."""

import gc
import os

import django

from safelight.site.serving import end_with_parent


def main() -> None:
    """Work until told to stop."""
    end_with_parent()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "safelight.site.settings")
    django.setup()
    from safelight.site import worker  # noqa: PLC0415 - models exist only from here on

    gc.freeze()  # what is loaded by now stays: the collector need not walk it for every photo
    worker.main()


if __name__ == "__main__":
    main()
