"""A decoder server on a machine for which there is no filter: it must not serve."""

import sys

from safelight.imaging import lockdown
from safelight.imaging.child import main

if __name__ == "__main__":
    lockdown.MACHINES.clear()
    sys.exit(main(sys.argv[1:], {}))
