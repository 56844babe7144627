"""Recovery kits as pages to print: written beside each other once, never over something."""

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from safelight.lib.refusals import Refusal
from safelight.vault.recovery import Kit

Say = Callable[[str], None]


class NoRoomForKits(Refusal):
    """The two kits could not be written there, so nothing else was done either."""

    code = "no_room_for_kits"


def kit_paths(folder: Path) -> tuple[Path, Path]:
    """Return where the kits go; refuse before any key is made when they could not be written."""
    paths = (folder / "safelight-recovery-kit-A.html", folder / "safelight-recovery-kit-B.html")
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise NoRoomForKits(
            f"The recovery kits cannot be written into {folder}. Nothing was made.",
            remedy="Name a folder that is there and that you may write to: --kits FOLDER",
        )
    for path in paths:
        if path.exists() or path.is_symlink():
            raise NoRoomForKits(
                f"{path} is a recovery kit already. Nothing was made.",
                remedy="Print it and delete the file, or name another folder: --kits FOLDER",
            )
    return paths


def write_kits(kits: Sequence[Kit], paths: Sequence[Path], *, practice: str, at: datetime) -> None:
    """Write both kits so that only we may read them."""
    for name, kit, path in zip("AB", kits, paths, strict=True):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as page:
            page.write(kit.page(name=name, practice=practice, at=at))


def say_what_to_do(paths: Sequence[Path], say: Say) -> None:
    """Tell what a kit is for, and that its file must go."""
    for name, path in zip("AB", paths, strict=True):
        say(f"Recovery kit {name}: print {path.absolute()}")
    say("Put the two papers in two safes, then delete the two files. Each kit alone opens this")
    say("practice when the passphrase or the root key is lost.")
