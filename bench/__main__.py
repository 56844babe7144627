"""`python -m bench` runs every part, each in a process of its own; `python -m bench PART` one."""

import subprocess
import sys
from importlib import import_module

from bench.place import place

PARTS = ("arrivals", "memory", "slow", "records", "cleaning", "concealment", "package")
WITHOUT_A_PLACE = ("cleaning", "concealment")
"""Parts that need no practice. The others are imported only when theirs is there, for Django."""


def main(words: list[str]) -> int:
    """Run the parts that were named, or all. Returns 1 where a part says that it is too slow."""
    unknown = [word for word in words if word not in PARTS]
    if unknown:
        sys.stderr.write(f"There is no part {unknown[0]}. Parts: {', '.join(PARTS)}.\n")
        return 2
    if len(words) == 1:
        return 1 if _run(words[0]) is False else 0
    codes = [
        subprocess.run([sys.executable, "-m", "bench", part], check=False).returncode
        for part in words or PARTS
    ]
    return max(codes)


def _run(part: str) -> object:
    """Run one part in this process; return its verdict, where it has one."""
    if part in WITHOUT_A_PLACE:
        return import_module(f"bench.{part}").run()
    with place() as where:
        return import_module(f"bench.{part}").run(where)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
