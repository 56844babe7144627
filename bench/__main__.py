"""`python -m bench` runs every part, each in a process of its own; `python -m bench PART` one."""

import subprocess
import sys
from importlib import import_module

PARTS = ("arrivals", "memory", "slow", "records", "cleaning", "concealment", "package")


def main(words: list[str]) -> int:
    """Run the parts that were named, or all. Returns an exit code."""
    unknown = [word for word in words if word not in PARTS]
    if unknown:
        sys.stderr.write(f"There is no part {unknown[0]}. Parts: {', '.join(PARTS)}.\n")
        return 2
    if len(words) == 1:
        import_module(f"bench.{words[0]}").run()
        return 0
    codes = [
        subprocess.run([sys.executable, "-m", "bench", part], check=False).returncode
        for part in words or PARTS
    ]
    return max(codes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
