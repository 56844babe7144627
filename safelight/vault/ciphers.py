"""Ciphers: the few primitives the vault uses, and the only file that names them.

Every key, algorithm and purpose is listed in docs/crypto-inventory.md. Outside the vault nobody
imports this; inside it only `sealing`, `capsules`, `keys`, `keyfiles`, `root` and `recovery` do.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

import pyrage
from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, hpke
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from safelight.lib.refusals import Refusal

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
SALT_BYTES = 32

# One suite for every phone (phone-platform, section 5); RFC 9180 with ML-KEM-768 + X25519.
SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
MLKEM_PUBLIC_BYTES = 1184
MLKEM_SEED_BYTES = 64
CAPTURE_PUBLIC_BYTES = MLKEM_PUBLIC_BYTES + 32
CAPTURE_INFO = b"safelight/capture/v1\0"

MAX_STRETCH_KIB = 4 * 1024 * 1024  # a stored cost above this was not written by us

CapturePrivate = hpke.MLKEM768X25519PrivateKey
Signer = ed25519.Ed25519PrivateKey


class Unreadable(Refusal):
    """Sealed bytes do not open: damaged, cut, swapped, or bound to something else."""

    code = "unreadable"
    status = 409

    def __init__(self, message: str = "", *, remedy: str = "") -> None:
        """Say the same sentence whatever was wrong, so that an answer teaches nothing."""
        super().__init__(
            message or "This does not open: its bytes or what they belong to were changed.",
            remedy=remedy or "Have the keeper of the keys compare it with the backup.",
        )


@dataclass(frozen=True)
class Cost:
    """What one guess of a passphrase costs: Argon2id, 256 MiB, 3 passes (security-design, 2)."""

    kib: int = 256 * 1024
    passes: int = 3
    lanes: int = 1


def stretch(passphrase: str, *, salt: bytes, cost: Cost) -> bytes:
    """Return the 256-bit key behind a passphrase: Argon2id (RFC 9106) at the stored cost."""
    if not (0 < cost.kib <= MAX_STRETCH_KIB and 0 < cost.passes <= 64 and 0 < cost.lanes <= 64):
        raise Unreadable
    try:
        return hash_secret_raw(
            passphrase.encode(), salt, cost.passes, cost.kib, cost.lanes, KEY_BYTES, Type.ID
        )
    except HashingError:
        raise Unreadable from None  # a cost or salt that Argon2 does not take


def new_key() -> bytes:
    """Return 256 random bits from the operating system."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plain: bytes, aad: bytes) -> bytes:
    """Seal bytes with AES-256-GCM under a fresh random nonce, which comes first in the answer."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, aad)


def open_sealed(key: bytes, sealed: bytes | memoryview, aad: bytes) -> bytes:
    """Open what `seal` made, for the same key and context. Anything else is refused whole."""
    if len(sealed) < NONCE_BYTES + TAG_BYTES:
        raise Unreadable
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], aad)
    except InvalidTag:
        raise Unreadable from None


def derive(secret: bytes, *, salt: bytes | None, purpose: bytes) -> bytes:
    """Return a 256-bit key for one purpose: HKDF-SHA256 (RFC 5869)."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=salt, info=purpose).derive(secret)


def seal_salted(key: bytes, plain: bytes, purpose: bytes) -> bytes:
    """Seal under a key derived for these bytes alone, so no count of uses can wear a key out."""
    salt = secrets.token_bytes(SALT_BYTES)
    return salt + seal(derive(key, salt=salt, purpose=purpose), plain, purpose)


def open_salted(key: bytes, sealed: bytes, purpose: bytes) -> bytes:
    """Open what `seal_salted` made for the same purpose; anything else is refused."""
    salt, rest = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    return open_sealed(derive(key, salt=salt, purpose=purpose), rest, purpose)


def new_capture_private() -> bytes:
    """Return a new capture key as its 96 bytes: ML-KEM seed, then X25519 scalar."""
    first = mlkem.MLKEM768PrivateKey.generate().private_bytes_raw()
    return first + x25519.X25519PrivateKey.generate().private_bytes_raw()


def capture_halves(
    private: bytes,
) -> tuple[mlkem.MLKEM768PrivateKey, x25519.X25519PrivateKey]:
    """Return the two private keys that together open a capsule."""
    return (
        mlkem.MLKEM768PrivateKey.from_seed_bytes(private[:MLKEM_SEED_BYTES]),
        x25519.X25519PrivateKey.from_private_bytes(private[MLKEM_SEED_BYTES:]),
    )


def capture_public(private: bytes) -> bytes:
    """Return the 1216 bytes that a phone seals to."""
    first, second = capture_halves(private)
    return first.public_key().public_bytes_raw() + second.public_key().public_bytes_raw()


def capture_opener(private: bytes) -> CapturePrivate:
    """Return the key object that opens capsules. It costs more to make than to use: keep it."""
    return hpke.MLKEM768X25519PrivateKey(*capture_halves(private))


def capture_info(header: bytes | memoryview) -> bytes:
    """Return what binds a capsule to its clear header; the one-shot HPKE call takes no AAD."""
    return CAPTURE_INFO + hashlib.sha256(header).digest()


def open_hpke(private: CapturePrivate, sealed: bytes | memoryview, info: bytes) -> bytes:
    """Open what a phone sealed for this key and header; anything else is refused."""
    try:
        return SUITE.decrypt(sealed, private, info=info)
    except (InvalidTag, ValueError):
        raise Unreadable from None


def seal_hpke(public: bytes, plain: bytes, info: bytes) -> bytes:
    """Seal to a capture key as a phone does: encapsulation, then ciphertext."""
    if len(public) != CAPTURE_PUBLIC_BYTES:
        raise Unreadable("This is not a capture key.")
    key = hpke.MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(public[:MLKEM_PUBLIC_BYTES]),
        x25519.X25519PublicKey.from_public_bytes(public[MLKEM_PUBLIC_BYTES:]),
    )
    return SUITE.encrypt(plain, key, info=info)


def new_signer() -> bytes:
    """Return a new Ed25519 private key as its 32 bytes (RFC 8032)."""
    return ed25519.Ed25519PrivateKey.generate().private_bytes_raw()


def signer(private: bytes) -> Signer:
    """Return the Ed25519 key object for 32 private bytes."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(private)


def is_signed(public: bytes, signature: bytes, text: bytes) -> bool:
    """Say whether a signature over a text was made by this Ed25519 key."""
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def new_age_identity() -> tuple[str, str]:
    """Return a new age identity and its recipient (X25519), as the text people keep on paper."""
    identity = pyrage.x25519.Identity.generate()
    return str(identity), str(identity.to_public())


def is_age_recipient(text: str) -> bool:
    """Say whether a text is an age recipient."""
    try:
        pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return False
    return True


def seal_to_age(plain: bytes, recipients: Sequence[str]) -> bytes:
    """Seal bytes so that each recipient alone can open them, with the ordinary age tool too."""
    return bytes(
        pyrage.encrypt(plain, [pyrage.x25519.Recipient.from_str(text) for text in recipients])
    )


def open_with_age(sealed: bytes, identity: str) -> bytes:
    """Open what was sealed to a recovery kit. A mistyped or foreign kit is refused."""
    try:
        key = pyrage.x25519.Identity.from_str(identity)
        return bytes(pyrage.decrypt(sealed, [key]))
    except (pyrage.IdentityError, pyrage.DecryptError):
        raise Unreadable("This kit does not open this keyring.") from None
