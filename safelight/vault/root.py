"""Root: where the 256-bit key that seals the keyring comes from when the server starts.

Tried in the order of security-design, section 2: a passphrase typed on the terminal, a systemd
credential, a 0600 key file outside the data folder. Without one the server does not start.
"""

import json
import os
import stat
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from safelight.lib.refusals import Refusal
from safelight.vault import ciphers, files, words

SEALED_ROOT_FILE = "root.passphrase"
TRIES_FILE = "root.tries"
LOCK = ".root-lock"
CREDENTIAL = "safelight-root"
HANDED_OVER = "SAFELIGHT_ROOT_FD"
PASSPHRASE_CONTEXT = b"safelight/root/v1|"
SALT_BYTES = 16
WRONG_TRIES = 2  # each minute (security-design, section 2)
TRY_WINDOW = timedelta(minutes=1)


class RootMissing(Refusal):
    """No root key was found, so nothing is opened and the server does not listen."""

    code = "root_missing"


class RootUnsafe(Refusal):
    """The root key lies where others can read it, or beside what it protects."""

    code = "root_unsafe"


class WrongPassphrase(Refusal):
    """These are not the words."""

    code = "wrong_passphrase"


class TooManyTries(Refusal):
    """Two wrong tries in a minute: wait before the next."""

    code = "too_many_tries"
    status = 429


class RootExists(Refusal):
    """There is a root key here already, and it is never written over."""

    code = "root_exists"


@dataclass(frozen=True)
class Root:
    """The root key and where it came from, which the status page tells."""

    key: bytes = field(repr=False)
    source: str


def new_root() -> bytes:
    """Return a new 256-bit root key from the operating system."""
    return ciphers.new_key()


def keep_by_passphrase(
    folder: Path,
    root: bytes,
    passphrase: str,
    *,
    cost: ciphers.Cost | None = None,
    replace: bool = False,
) -> None:
    """Seal the root key with a passphrase. An earlier one is replaced only when told to."""
    path = folder / SEALED_ROOT_FILE
    if path.exists() and not replace:
        raise RootExists("There is a passphrase already. Nothing was changed.")
    salt = os.urandom(SALT_BYTES)
    told = asdict(cost or ciphers.Cost()) | {"kdf": "argon2id", "salt": b64encode(salt).decode()}
    key = ciphers.stretch(words.tidy(passphrase), salt=salt, cost=cost or ciphers.Cost())
    sealed = ciphers.seal(key, root, PASSPHRASE_CONTEXT + _canonical(told))
    files.make_folder(folder)
    files.write_durably(path, _canonical(told | {"sealed": b64encode(sealed).decode()}), top=folder)


def unseal(folder: Path, passphrase: str, *, at: datetime) -> bytes:
    """Return the root key behind a passphrase. The third wrong try within a minute waits.

    A try is counted before it is tested, so guesses made side by side count as well.
    """
    try:
        told = json.loads((folder / SEALED_ROOT_FILE).read_bytes())
        sealed, salt = b64decode(told.pop("sealed")), b64decode(told["salt"])
        cost = ciphers.Cost(kib=told["kib"], passes=told["passes"], lanes=told["lanes"])
    except FileNotFoundError:
        raise RootMissing("No passphrase was set for this practice.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ciphers.Unreadable("The passphrase file is damaged.") from None
    _count_try(folder, at)
    key = ciphers.stretch(words.tidy(passphrase), salt=salt, cost=cost)
    try:
        root = ciphers.open_sealed(key, sealed, PASSPHRASE_CONTEXT + _canonical(told))
    except ciphers.Unreadable:
        raise WrongPassphrase("These are not the words. Nothing was opened.") from None
    (folder / TRIES_FILE).unlink(missing_ok=True)
    return root


def _canonical(told: dict[str, object]) -> bytes:
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


def _count_try(folder: Path, at: datetime) -> None:
    """Write down one try; refuse when two lie within the last minute. A clock set back waits."""
    path = folder / TRIES_FILE
    with files.locked(folder / LOCK):
        lines = path.read_text().split() if path.exists() else []
        recent = [line for line in lines if abs(at - datetime.fromisoformat(line)) < TRY_WINDOW]
        if len(recent) >= WRONG_TRIES:
            raise TooManyTries("Two wrong tries. Wait a minute, then try again.")
        files.write_durably(path, "\n".join([*recent, at.isoformat()]).encode(), top=folder)


def write_key_file(path: Path, root: bytes, *, data: Path) -> None:
    """Keep the root key in a file that only we may read, outside the data folder.

    The weakest of the three ways, and the status page says so. It is never written over.
    """
    _require_outside(path, data)
    if path.exists() or path.is_symlink():
        raise RootExists("There is a root key file already. Nothing was changed.")
    if not path.parent.exists():
        files.make_folder(path.parent)
    files.write_durably(path, root.hex().encode() + b"\n", top=path.parent)


def read_key_file(path: Path, *, data: Path) -> bytes:
    """Read the root key file; refuse one that others may read or that lies in the data folder."""
    _require_outside(path, data)
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    try:
        about = os.fstat(handle)
        mine = about.st_uid in (0, os.geteuid())
        if not stat.S_ISREG(about.st_mode) or about.st_mode & 0o077 or not mine:
            raise RootUnsafe("Others can read the root key file. Set it to 0600, owned by you.")
        return _from_text(os.read(handle, 1024))
    finally:
        os.close(handle)


def _require_outside(path: Path, data: Path) -> None:
    if path.resolve().is_relative_to(data.resolve()):
        raise RootUnsafe("The root key file must lie outside the data folder that it protects.")


def _from_text(raw: bytes) -> bytes:
    try:
        root = bytes.fromhex(raw.decode("ascii").strip())
    except ValueError:
        root = b""
    if len(root) != ciphers.KEY_BYTES:
        raise RootUnsafe("The root key must be 64 hexadecimal digits.")
    return root


def hand_over(root: bytes, *, source: str = "the process that started this one") -> int:
    """Return a file descriptor that holds the root key in memory, for a process we start.

    Name it in SAFELIGHT_ROOT_FD: the key itself then stands in no environment, argument or file.
    """
    handle = os.memfd_create("safelight-root", os.MFD_CLOEXEC)
    files.write_all(handle, root + source.encode())
    return handle


def find_root(
    data: Path,
    *,
    key_file: Path | None,
    ask: Callable[[], str] | None,
    credentials: Path | None,
    handed_over: int | None = None,
    at: datetime,
) -> Root:
    """Find the root key where security-design, section 2 says to look, in its order.

    `ask` is given only on a terminal. A wrong passphrase is refused; it never falls through to a
    weaker way.
    """
    folder = data / "keyring"
    if handed_over is not None:
        held = os.pread(handed_over, 1024, 0)
        root, source = held[: ciphers.KEY_BYTES], held[ciphers.KEY_BYTES :].decode()
        if len(root) != ciphers.KEY_BYTES:
            raise RootMissing("The root key was not handed over whole.")
        return Root(root, source)
    if ask is not None and (folder / SEALED_ROOT_FILE).exists():
        return Root(unseal(folder, ask(), at=at), "passphrase")
    if credentials is not None and (credentials / CREDENTIAL).exists():
        return Root(_from_text((credentials / CREDENTIAL).read_bytes()), "systemd credential")
    if key_file is not None and key_file.exists():
        return Root(read_key_file(key_file, data=data), "key file")
    raise RootMissing(
        "No root key was found, so nothing was opened.",
        remedy="Start on a terminal and type the passphrase, or give the key file its place."
        " With a recovery kit: `safelight recover`.",
    )
