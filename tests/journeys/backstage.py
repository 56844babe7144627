"""Behind the scenes, in a process of its own. One JSON line in, one JSON line out.

Journeys do with the browser all that a person does there; the rest is asked here, because the
tables cannot be used in a process that drives a browser.
"""

import json
import os
import sys
from typing import Any

import django


def main() -> None:
    """Answer lines until there are no more."""
    os.environ["SAFELIGHT_DATA"] = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelight.site.settings"
    django.setup()
    from tests.journeys.rows import CALLS  # noqa: PLC0415 - models exist only from here on

    for line in sys.stdin:
        told = json.loads(line)
        try:
            answer: dict[str, Any] = {"answer": CALLS[told.pop("call")](told)}
        except Exception as trouble:
            answer = {"error": repr(trouble)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
