"""A decoder server whose children get an empty filter: they must notice, and not decode."""

import sys

from safelight.imaging import child, lockdown
from safelight.imaging.prepare import WORKS

if __name__ == "__main__":
    vars(child)["filter_program"] = lambda *, threads: lockdown._step(
        lockdown.RETURN, lockdown.ALLOW
    )
    sys.exit(child.main(sys.argv[1:], WORKS))
