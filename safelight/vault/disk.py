"""Disk: blobs as files in 256 folders, each durable before its name is given out."""

import os
from collections.abc import Iterator
from pathlib import Path

from safelight.vault import files
from safelight.vault.blobs import (
    MAX_STORED_BYTES,
    NAME,
    StoreOfAnother,
    damaged,
    missing,
    name_of,
    require_name,
    require_whole,
)

ASIDE = "aside"  # beside the folders of two letters, in which alone blobs are looked for
FLAT = "FLAT"  # a file of this name says that no blob lies a level deeper any more
OWNER = "OWNER"  # whose store this is
TEMPORARY_AGE = 24 * 3600.0  # seconds; no write takes a day


class DiskStore:
    """Sealed blobs under one folder: `ab/abcd…`. Order of writes: security-design, section 4."""

    def __init__(self, folder: Path) -> None:
        """Take a folder, which is made when it is not there."""
        self.folder = folder
        self._durable: set[Path] = set()  # folders whose names this process made durable
        files.make_folder(folder)

    @property
    def is_read_only(self) -> bool:
        """Say whether a failed disk closed this store to writing."""
        return files.is_stopped(self.folder)

    def put(self, data: bytes) -> str:
        """Keep bytes durably and return their name. Putting the same bytes again mends a bad file.

        Nothing is left behind when there is no room.
        """
        name = name_of(data)
        path = self._path(name)
        self._make_folder(path.parent)
        files.write_durably(path, data, top=self.folder)
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of this name; missing, over-long or changed ones are refused."""
        try:
            handle = os.open(self._path(name), os.O_RDONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise missing() from None
        except OSError as trouble:
            raise damaged() from trouble
        with open(handle, "rb") as file:
            if os.fstat(handle).st_size > MAX_STORED_BYTES:
                raise damaged()
            try:
                return require_whole(file.read(), name)
            except OSError as trouble:
                raise damaged() from trouble

    def exists(self, name: str) -> bool:
        """Say whether a file of this name is there; its bytes are not read."""
        return self._path(name).is_file()

    def delete(self, name: str) -> bool:
        """Unlink a blob and make that durable; say whether it was there."""
        path = self._path(name)
        try:
            path.unlink()
        except FileNotFoundError:
            return False
        except OSError as trouble:
            raise files.refusal_for(trouble, self.folder) from trouble
        files.sync_folder_or_stop(path.parent, self.folder)
        return True

    def names(self) -> Iterator[str]:
        """Give every file's name, whatever lies in the folders; a scrub tells good from bad."""
        for folder in sorted(self.folder.glob("??")):
            for name in sorted(os.listdir(folder)):
                if not name.startswith(files.TEMPORARY):
                    yield name

    def put_at(self, name: str) -> float:
        """Return when the file was written."""
        try:
            return self._path(name).stat().st_mtime
        except FileNotFoundError:
            raise missing() from None

    def set_aside(self, name: str, *, at: float) -> None:
        """Move a blob into the folder beside, under the time; nobody reads it there."""
        self._move(self._path(name), self.folder / ASIDE / f"{int(at)}-{require_name(name)}")

    def aside(self) -> Iterator[tuple[str, float]]:
        """Give every blob that was set aside, and when."""
        for path in sorted((self.folder / ASIDE).glob("*-*")):
            since, _, name = path.name.partition("-")
            if since.isdigit():
                yield name, float(since)

    def bring_back(self, name: str) -> None:
        """Move a blob that was set aside back into its place."""
        for path in self._aside(name):
            self._make_folder(self._path(name).parent)
            self._move(path, self._path(name))

    def drop_aside(self, name: str) -> None:
        """Unlink a blob that was set aside."""
        for path in self._aside(name):
            path.unlink(missing_ok=True)

    def require_owner(self, owner: str) -> None:
        """Refuse a folder that bears another's mark; mark one that bears none."""
        path = self.folder / OWNER
        if not path.exists():
            files.write_durably(path, owner.encode(), top=self.folder)
        elif path.read_bytes() != owner.encode():
            raise StoreOfAnother

    def _aside(self, name: str) -> list[Path]:
        return list((self.folder / ASIDE).glob(f"*-{require_name(name)}"))

    def _move(self, here: Path, there: Path) -> None:
        """Rename a file and make both folders' names durable; one that is gone is left alone."""
        files.make_folder(there.parent, top=self.folder)
        try:
            here.rename(there)
        except FileNotFoundError:
            return  # another worker moved it a moment ago
        except OSError as trouble:
            raise files.refusal_for(trouble, self.folder) from trouble
        files.sync_folder_or_stop(there.parent, self.folder)
        files.sync_folder_or_stop(here.parent, self.folder)

    def sweep(self, *, now: float) -> int:
        """Remove what a crash left half-written more than a day ago."""
        before = now - TEMPORARY_AGE
        return sum(files.remove_temporary(p, before=before) for p in self.folder.glob("??"))

    def _path(self, name: str) -> Path:
        require_name(name)
        return self.folder / name[:2] / name

    def _make_folder(self, folder: Path) -> None:
        """Make the folder of a name durable once for each process, before anything is in."""
        if folder in self._durable:
            return
        if self.is_read_only:
            raise files.read_only()
        try:
            files.make_folder(folder, top=self.folder)
        except OSError as trouble:
            raise files.refusal_for(trouble, self.folder) from trouble
        self._durable.add(folder)


def flatten(folder: Path) -> int:
    """Bring up blobs from the second level of folders that a store had until November 2026.

    Called before anything reads the store. Renames lose nothing; broken off, the next start goes
    on. Done once, it is not looked for again. Returns how many were moved.
    """
    done, moved = folder / FLAT, 0
    if done.exists() or not folder.is_dir():
        return moved
    for path in list(folder.glob("??/??/*")):
        if NAME.match(path.name):
            path.rename(path.parents[1] / path.name)
            moved += 1
    for below in list(folder.glob("??/??")):
        files.sync_folder_or_stop(below.parent, folder)
        if not any(below.iterdir()):
            below.rmdir()
    done.touch(0o600)
    return moved
