"""One worker process: Django is made ready first, because the worker's own module needs it."""

import gc

from safelight.site.serving import end_with_parent
from safelight.site.starting import ready


def main() -> None:
    """Work until told to stop."""
    end_with_parent()
    work = ready("safelight.site.worker:main")
    gc.freeze()  # what is loaded by now stays: the collector need not walk it for every photo
    work()


if __name__ == "__main__":
    main()
