"""Behind the scenes, in a process of its own. One JSON line in, one JSON line out.

Journeys do with the browser all that a person does there; the rest is asked here, because the
tables cannot be used in a process that drives a browser.
"""

import json
import os
import sys
from typing import Any

from safelight.site.starting import ready


def main(*more: str) -> None:
    """Answer lines until there are no more: the usual calls, and those of the tables named."""
    os.environ["SAFELIGHT_DATA"] = sys.argv[1]
    os.environ["DJANGO_SETTINGS_MODULE"] = "safelight.site.settings"
    calls: dict[str, Any] = {}
    for table in ("tests.journeys.rows:CALLS", *more):
        calls |= ready(table)
    for line in sys.stdin:
        told = json.loads(line)
        try:
            answer: dict[str, Any] = {"answer": calls[told.pop("call")](told)}
        except Exception as trouble:
            answer = {"error": repr(trouble)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
