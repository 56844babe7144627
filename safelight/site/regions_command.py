"""`safelight regions`: print what could identify a person in a photo, as suggestions."""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

from safelight.imaging.limits import MAX_BYTES
from safelight.imaging.refusals import PictureTooLarge
from safelight.imaging.regions import RegionsMissing, as_rows, find, is_installed

Say = Callable[[str], None]
SIDES = ("x", "y", "w", "h")


def run(told: argparse.Namespace, *, say: Say) -> int:
    """Print the suggestions for one file. Nothing is changed, nothing leaves this machine."""
    if not is_installed():
        raise RegionsMissing
    path: Path = told.file
    if path.stat().st_size > MAX_BYTES:
        raise PictureTooLarge
    rows = as_rows(find(path.read_bytes()))
    if told.json:
        say(json.dumps(rows))
        return 0
    for row in rows:
        place = "  ".join(f"{side} {row[side]:.3f}" for side in SIDES)
        say(f"{row['kind']:<5}  {place}  score {row['score']:.2f}")
    say("Suggestions only, and never all: look at the whole photo yourself.")
    return 0
