"""Keys: what the keyring holds, as values. A change makes a new keyring; saving is `keyfiles`.

Nothing here prints a secret: the fields that hold one are left out of `repr`.
"""

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from safelight.lib.refusals import Refusal
from safelight.vault import ciphers

FORMAT = "safelight/keyring/v1"
SECRETS = ("database_key", "pepper", "detail_key", "text_key", "receipt_private", "audit_private")


class NoSuchKey(Refusal):
    """The keyring does not hold this key: it was destroyed, or belongs to another server."""

    code = "no_such_key"
    status = 409


@dataclass(frozen=True)
class CaptureKey:
    """One key that phones seal to. Its id is the start of its public half's SHA-256."""

    id: str
    public: bytes = field(repr=False)
    private: bytes = field(repr=False)
    made_at: datetime

    @classmethod
    def new(cls, at: datetime) -> "CaptureKey":
        """Make a capture key at an instant."""
        return cls.from_private(ciphers.new_capture_private(), made_at=at)

    @classmethod
    def from_private(cls, private: bytes, *, made_at: datetime) -> "CaptureKey":
        """Rebuild a capture key from its private bytes; the rest follows from them."""
        public = ciphers.capture_public(private)
        digest = hashlib.sha256(public).hexdigest()
        return cls(id=digest[:16], public=public, private=private, made_at=made_at)

    @property
    def fingerprint(self) -> bytes:
        """Return the 16 bytes that the pairing code carries (phone-platform, section 7)."""
        return hashlib.sha256(self.public).digest()[:16]

    @cached_property
    def opener(self) -> ciphers.CapturePrivate:
        """Return the key object that opens capsules."""
        return ciphers.capture_opener(self.private)


@dataclass(frozen=True)
class Keyring:
    """Every key of this installation but ROOT, which wraps it (security-design, section 2)."""

    generation: int
    database_key: bytes = field(repr=False)
    pepper: bytes = field(repr=False)
    detail_key: bytes = field(repr=False)
    text_key: bytes = field(repr=False)
    receipt_private: bytes = field(repr=False)
    audit_private: bytes = field(repr=False)
    capture_keys: tuple[CaptureKey, ...]
    keks: Mapping[UUID, Mapping[int, bytes]] = field(repr=False)
    recovery: tuple[str, ...]
    unsaid: tuple[tuple[str, str], ...] = ()  # acts that the log says once every copy is saved
    damaged: tuple[str, ...] = ()  # newer generation files that did not open

    def kek(self, practice: UUID, epoch: int) -> bytes:
        """Return the key that wraps a practice's photo keys in one epoch."""
        try:
            return self.keks[practice][epoch]
        except KeyError:
            raise NoSuchKey("The key for this photo is not on this server.") from None

    def epochs(self, practice: UUID) -> list[int]:
        """Return the epochs whose keys a practice still has, the oldest first."""
        return sorted(self.keks.get(practice, {}))

    def newest_epoch(self, practice: UUID) -> int:
        """Return the epoch under which a practice's photo keys are wrapped now."""
        if practice not in self.keks:
            raise NoSuchKey("This practice has no key on this server.")
        return max(self.keks[practice])

    def capture_key(self, key_id: str) -> CaptureKey:
        """Return the capture key of this id, or refuse when it was destroyed or never ours."""
        for key in self.capture_keys:
            if key.id == key_id:
                return key
        raise NoSuchKey("This photo was sealed to a key that is not on this server.")

    @property
    def newest_capture_key(self) -> CaptureKey:
        """Return the key that phones are given now."""
        return self.capture_keys[-1]

    @cached_property
    def receipt_signer(self) -> ciphers.Signer:
        """Return the key that signs receipts."""
        return ciphers.signer(self.receipt_private)

    @cached_property
    def receipt_public(self) -> bytes:
        """Return the 32 bytes that phones pin to check receipts."""
        return self.receipt_signer.public_key().public_bytes_raw()

    @cached_property
    def audit_signer(self) -> ciphers.Signer:
        """Return the key that signs checkpoints of the audit log."""
        return ciphers.signer(self.audit_private)

    @cached_property
    def audit_public(self) -> bytes:
        """Return the 32 bytes that check a checkpoint."""
        return self.audit_signer.public_key().public_bytes_raw()

    def derived(self, purpose: str) -> bytes:
        """Return 32 bytes for one named purpose, made from the pepper; names never overlap."""
        return ciphers.derive(
            self.pepper, salt=None, purpose=f"safelight/derived/v1|{purpose}".encode()
        )

    def with_practice(self, practice: UUID) -> "Keyring":
        """Add a practice with its first key. A practice that has one keeps it."""
        if practice in self.keks:
            return self
        return replace(self, keks={**self.keks, practice: {1: ciphers.new_key()}})

    def next_epoch(self, practice: UUID) -> "Keyring":
        """Add a new key for a practice; older ones stay until `without_epochs` destroys them."""
        epoch = self.newest_epoch(practice) + 1
        return replace(
            self, keks={**self.keks, practice: {**self.keks[practice], epoch: ciphers.new_key()}}
        )

    def without_epochs(self, practice: UUID, *, before: int) -> "Keyring":
        """Leave out a practice's keys of earlier epochs. The newest is never left out."""
        newest = self.newest_epoch(practice)
        kept = {e: k for e, k in self.keks[practice].items() if e >= min(before, newest)}
        return replace(self, keks={**self.keks, practice: kept})

    def rotate_capture_key(self, at: datetime) -> "Keyring":
        """Add a capture key; phones learn it at their next call. Older ones still open."""
        return replace(self, capture_keys=(*self.capture_keys, CaptureKey.new(at)))

    def without_capture_key(self, key_id: str) -> "Keyring":
        """Leave out a capture key that phones no longer use. The newest is never left out."""
        if self.capture_key(key_id) is self.newest_capture_key:
            raise NoSuchKey("The newest capture key stays: phones are sealing to it.")
        return replace(self, capture_keys=tuple(k for k in self.capture_keys if k.id != key_id))


def new_keyring(*, recovery: Sequence[str], at: datetime) -> Keyring:
    """Make a whole keyring of fresh random keys, not yet saved anywhere."""
    return Keyring(
        generation=0,
        database_key=ciphers.new_key(),
        pepper=ciphers.new_key(),
        detail_key=ciphers.new_key(),
        text_key=ciphers.new_key(),
        receipt_private=ciphers.new_signer(),
        audit_private=ciphers.new_signer(),
        capture_keys=(CaptureKey.new(at),),
        keks={},
        recovery=tuple(recovery),
    )


def _text(secret: bytes) -> str:
    return base64.b64encode(secret).decode()


def to_json(keyring: Keyring) -> bytes:
    """Write a keyring as the text that is sealed. It names its own format and generation."""
    words: dict[str, Any] = {
        "format": FORMAT,
        "generation": keyring.generation,
        "recovery": list(keyring.recovery),
        "unsaid": keyring.unsaid,
        "capture_keys": [
            {"private": _text(key.private), "made_at": key.made_at.isoformat()}
            for key in keyring.capture_keys
        ],
        "keks": {
            str(practice): {str(epoch): _text(kek) for epoch, kek in epochs.items()}
            for practice, epochs in keyring.keks.items()
        },
    }
    words |= {name: _text(getattr(keyring, name)) for name in SECRETS}
    return json.dumps(words, sort_keys=True).encode()


def from_json(raw: bytes) -> Keyring:
    """Read what `to_json` wrote. A text of another format is refused."""
    words = json.loads(raw)
    if words.get("format") != FORMAT:
        raise ciphers.Unreadable("This is not a keyring of this version.")
    secrets: dict[str, Any] = {name: base64.b64decode(words[name]) for name in SECRETS}
    return Keyring(
        generation=words["generation"],
        recovery=tuple(words["recovery"]),
        unsaid=tuple((action, of) for action, of in words.get("unsaid", ())),
        capture_keys=tuple(
            CaptureKey.from_private(
                base64.b64decode(key["private"]), made_at=datetime.fromisoformat(key["made_at"])
            )
            for key in words["capture_keys"]
        ),
        keks={
            UUID(practice): {int(epoch): base64.b64decode(kek) for epoch, kek in epochs.items()}
            for practice, epochs in words["keks"].items()
        },
        **secrets,
    )
