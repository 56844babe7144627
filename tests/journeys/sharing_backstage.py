"""Behind the scenes of sharing: the backstage process, with the calls of sharing beside its own."""

import os
import sys

import django

from tests.journeys import backstage


def main() -> None:
    """Answer lines until there are no more."""
    os.environ["SAFELIGHT_DATA"] = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelight.site.settings"
    django.setup()
    from tests.journeys import looking_rows, rows, sharing_rows  # noqa: PLC0415 - models exist now

    rows.CALLS.update(sharing_rows.CALLS)
    rows.CALLS.update(looking_rows.CALLS)
    backstage.main()


if __name__ == "__main__":
    main()
