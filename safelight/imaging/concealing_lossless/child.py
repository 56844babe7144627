"""The concealing child, behind the walls of all decoding: `conceal.ConcealingDecoder` starts it."""

import sys

from safelight.imaging.child import main
from safelight.imaging.concealing_lossless.work import WORKS, warm_up

if __name__ == "__main__":
    warm_up()
    sys.exit(main(sys.argv[1:], WORKS))
