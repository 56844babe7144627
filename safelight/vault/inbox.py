"""Inbox: capsules as they arrive, in pieces, until they are whole, checked and durable.

Order of writes: security-design, section 4, steps 1 to 5. A part is named by capture, hash and
size, so a phone that sends other bytes under the same id can never mix them with the first.
"""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.vault import blobs, files
from safelight.vault.ballast import Ballast
from safelight.vault.capsules import MAX_CAPSULE_BYTES

__all__ = [
    "Arrival",
    "ArrivedDamaged",
    "Ballast",
    "Floor",
    "Inbox",
    "OtherContent",
    "WrongOffset",
]

PART, WHOLE = ".part", ".capsule"
LOCK = ".lock"
READ_BYTES = 1024 * 1024
PART_AGE = 30 * 24 * 3600.0  # seconds; a phone that waits longer begins again from the start


class WrongOffset(Refusal):
    """This piece does not follow what has arrived; `offset` says where to go on."""

    code = "wrong_offset"

    def __init__(self, offset: int) -> None:
        """Carry the true offset, so that the phone goes on from there."""
        super().__init__(f"The server holds {offset} bytes of this. Send what follows.")
        self.offset = offset


class OtherContent(Refusal):
    """Other bytes arrived under this id before. They are kept, and these are not."""

    code = "other_content"


class ArrivedDamaged(Refusal):
    """What arrived is not what the phone sealed. The part was dropped; the phone sends again."""

    code = "arrived_damaged"
    status = 422


@dataclass(frozen=True)
class Floor:
    """How much of the disk stays free whatever arrives (security-design, section 4)."""

    bytes: int = 2 * 1024**3
    share: float = 0.05

    def least(self, total: int) -> int:
        """Return the bytes that must stay free on a disk of this size."""
        return max(self.bytes, int(total * self.share))


class Inbox:
    """Capsules in one folder: whole ones that wait for the worker, and parts still arriving."""

    def __init__(self, folder: Path, *, floor: Floor | None = None) -> None:
        """Take a folder, which is made when it is not there."""
        self.folder = folder
        self.floor = floor or Floor()
        files.make_folder(folder)

    def begin(self, capture: UUID, *, size: int, sha256: str) -> "Arrival":
        """Begin or go on with an arrival. Nothing is kept when there is no room for all of it.

        Beginning again with the same hash goes on; other bytes under a whole capsule's id are
        refused, and the first are never written over.
        """
        if not blobs.NAME.match(sha256):
            raise BadInput("A capsule's hash is 64 small hexadecimal digits.")
        if not 0 < size <= MAX_CAPSULE_BYTES:
            raise BadInput("A capsule is between 1 byte and 64 MiB.")
        arrival = Arrival(self, capture, size, sha256)
        if arrival.is_stored:
            return arrival
        if files.is_stopped(self.folder):
            raise files.read_only()
        disk = shutil.disk_usage(self.folder)
        if disk.free - (size - arrival.offset) < self.floor.least(disk.total):
            raise files.no_room()
        return arrival

    def sha256_of(self, capture: UUID) -> str | None:
        """Return the hash of the whole capsule held under this id, or None."""
        path = self._whole(capture)
        return path.name.removesuffix(WHOLE)[-64:] if path else None

    def sealed(self, capture: UUID) -> bytes:
        """Return a whole capsule to whoever opens it: the seal covers every byte of it."""
        path = self._whole(capture)
        if path is None:
            raise NotFound
        return path.read_bytes()

    def read(self, capture: UUID) -> bytes:
        """Return a whole capsule; one that changed since it arrived is refused."""
        raw = self.sealed(capture)
        if blobs.name_of(raw) != self.sha256_of(capture):
            raise ArrivedDamaged(
                "A photo that had arrived was damaged on the server's disk.",
                remedy="The phone still has it. Let it send again.",
            )
        return raw

    def remove(self, capture: UUID) -> bool:
        """Remove a capsule and its parts, durably; say whether a whole one was there."""
        with files.locked(self.folder / LOCK):
            path = self._whole(capture)
            for part in (path, *self.folder.glob(f"{capture}-*{PART}")):
                if part is not None:
                    part.unlink(missing_ok=True)
        files.sync_folder_or_stop(self.folder, self.folder)
        return path is not None

    def waiting(self) -> Iterator[UUID]:
        """Give the ids of the whole capsules, oldest id first."""
        for path in sorted(self.folder.glob(f"*{WHOLE}")):
            yield UUID(path.name[:36])

    def sweep(self, *, now: float) -> int:
        """Remove parts that nobody has added to for a month."""
        old = [p for p in self.folder.glob(f"*{PART}") if p.stat().st_mtime < now - PART_AGE]
        for path in old:
            path.unlink(missing_ok=True)
        return len(old)

    def _whole(self, capture: UUID) -> Path | None:
        names = os.listdir(self.folder)  # asked several times for each piece: a glob costs more
        here = (name for name in names if name.startswith(f"{capture}-") and name.endswith(WHOLE))
        return next((self.folder / name for name in here), None)


@dataclass(frozen=True)
class Arrival:
    """One capsule on its way in. It may be dropped and begun again at any byte."""

    inbox: Inbox
    capture: UUID
    size: int
    sha256: str

    @property
    def is_stored(self) -> bool:
        """Say whether exactly these bytes are whole and durable; refuse when others are."""
        held = self.inbox.sha256_of(self.capture)
        if held not in (None, self.sha256):
            raise OtherContent(
                "Another photo arrived under this number before. It was kept, and this one not."
            )
        return held is not None

    @property
    def offset(self) -> int:
        """Return how many bytes have arrived."""
        if self.is_stored:
            return self.size
        try:
            return self._part.stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, offset: int, chunk: bytes) -> int:
        """Add a piece at this offset and return the new one. A piece sent twice is added once.

        The offset is compared under a lock: a browser may repeat a request by itself.
        """
        if self.is_stored:
            raise WrongOffset(self.size)
        with self._open_part(os.O_WRONLY | os.O_CREAT) as handle:
            here = os.fstat(handle).st_size
            if offset != here:
                raise WrongOffset(here)
            if here + len(chunk) > self.size:
                raise BadInput("More bytes came than were announced.")
            os.lseek(handle, here, os.SEEK_SET)
            try:
                files.write_all(handle, chunk)
            except OSError as trouble:  # what did get there is a right beginning, and may stay
                raise files.refusal_for(trouble, self.inbox.folder) from trouble
            return here + len(chunk)

    def finish(self) -> None:
        """Make the whole capsule durable under its id; doing it again changes nothing.

        Only when this has returned may a receipt be signed: file and name survive a power cut.
        """
        folder = self.inbox.folder
        if files.is_stopped(folder):
            raise files.read_only()
        try:
            with self._open_part(os.O_RDONLY) as handle:
                self._require_whole(handle)
                self._take_place(handle)
        except WrongOffset:
            if not self.is_stored:  # another request may have finished it a moment ago
                raise
        # Also when another request renamed it: that one may not have come this far yet.
        files.sync_folder_or_stop(folder, folder)

    def _take_place(self, handle: int) -> None:
        """Make a part's bytes durable, then give it the capsule's name, unless it is taken."""
        folder = self.inbox.folder
        try:
            files.sync_or_stop(handle, folder)
        except files.ReadOnly:
            self._part.unlink(missing_ok=True)
            raise
        try:
            with files.locked(folder / LOCK):
                if not self.is_stored:
                    self._part.rename(folder / f"{self._stem}{WHOLE}")
        except OSError as trouble:
            raise files.refusal_for(trouble, folder) from trouble

    @property
    def _stem(self) -> str:
        return f"{self.capture}-{self.sha256}"

    @property
    def _part(self) -> Path:
        return self.inbox.folder / f"{self.capture}-{self.size}-{self.sha256}{PART}"

    def _require_whole(self, handle: int) -> None:
        """Compare size and hash; a whole part with the wrong hash is dropped."""
        here = os.fstat(handle).st_size
        if here != self.size:
            raise WrongOffset(here)
        digest = hashlib.sha256()
        while piece := os.read(handle, READ_BYTES):
            digest.update(piece)
        if digest.hexdigest() != self.sha256:
            self._part.unlink(missing_ok=True)
            raise ArrivedDamaged(
                "The photo arrived damaged, so we didn't keep it.",
                remedy="The phone still has it and sends it again.",
            )

    def _is_part(self, handle: int) -> bool:
        try:
            return os.path.samestat(os.fstat(handle), self._part.stat())
        except FileNotFoundError:
            return False

    @contextmanager
    def _open_part(self, flags: int) -> Iterator[int]:
        """Hold the part alone. One that was finished or dropped meanwhile is not touched."""
        try:
            handle = os.open(self._part, flags | os.O_NOFOLLOW, 0o600)
        except FileNotFoundError:
            raise WrongOffset(self.offset) from None
        except OSError as trouble:
            raise files.refusal_for(trouble, self.inbox.folder) from trouble
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            if not self._is_part(handle):
                raise WrongOffset(self.offset)
            yield handle
        finally:
            os.close(handle)
