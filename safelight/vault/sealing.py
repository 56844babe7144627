"""Sealing: everything the rest of Safelight may ask of the ciphers.

Formats are in security-design, section 3. Photo keys: "SLK1" | u32 epoch | sealed key. Blobs:
"SLV1" | nonce | ciphertext. Small texts: "SLT1" or "SLD1" | salt | nonce | ciphertext.
"""

import hashlib
import hmac
from uuid import UUID

import rfc8785

from safelight.lib.refusals import Refusal
from safelight.vault import ciphers
from safelight.vault.capsules import CapsuleRefused, OpenedCapsule, open_with, seal_capsule
from safelight.vault.ciphers import Unreadable
from safelight.vault.keyring import current

__all__ = [
    "MAX_BLOB_BYTES",
    "CapsuleRefused",
    "OpenedCapsule",
    "TooLarge",
    "Unreadable",
    "audit_public_key",
    "epoch_of",
    "is_receipt",
    "new_photo_key",
    "open_blob",
    "open_capsule",
    "open_detail",
    "open_text",
    "peppered",
    "receipt_public_key",
    "rewrap",
    "seal_blob",
    "seal_capsule",
    "seal_detail",
    "seal_text",
    "sign_audit",
    "sign_receipt",
    "site_secret",
    "under_epochs",
]

WRAP_MAGIC, BLOB_MAGIC = b"SLK1", b"SLV1"
DETAIL_MAGIC, TEXT_MAGIC = b"SLD1", b"SLT1"
WRAP_CONTEXT = "safelight/dek/v1"
DETAIL_CONTEXT, TEXT_CONTEXT = b"safelight/detail/v1", b"safelight/text/v1|"
UNMATCHED = "unmatched"  # stands where a patient's id will: no UUID is spelt so
WRAP_HEAD_BYTES = len(WRAP_MAGIC) + 4
WRAPPED_BYTES = WRAP_HEAD_BYTES + ciphers.NONCE_BYTES + ciphers.KEY_BYTES + ciphers.TAG_BYTES
MAX_PLAIN_BYTES = 64 * 1024 * 1024
MAX_BLOB_BYTES = MAX_PLAIN_BYTES + len(BLOB_MAGIC) + ciphers.NONCE_BYTES + ciphers.TAG_BYTES

Sealed = bytes | memoryview  # what a binary column gives on either database


class TooLarge(Refusal):
    """More than 64 MiB: sealed and opened whole in memory, so there is a limit."""

    code = "too_large"
    status = 413


def new_photo_key(*, practice: UUID, photo: UUID, patient: UUID | None) -> bytes:
    """Make a photo's own key and return it wrapped for this practice, photo and patient.

    Without a patient it is wrapped as unmatched, and `rewrap` binds it when one is known.
    """
    return _wrap(ciphers.new_key(), practice=practice, photo=photo, patient=patient)


def rewrap(
    wrapped: Sealed,
    *,
    practice: UUID,
    photo: UUID,
    old_patient: UUID | None,
    new_patient: UUID | None,
) -> bytes:
    """Bind a photo's key to another patient, or to the practice's newest epoch, or both.

    It opens only under what it was bound to, so a patient edited behind our back stays refused.
    """
    key = _unwrap(wrapped, practice=practice, photo=photo, patient=old_patient)
    return _wrap(key, practice=practice, photo=photo, patient=new_patient)


def epoch_of(wrapped: Sealed) -> int:
    """Return the practice key's epoch under which a photo key is wrapped."""
    raw = bytes(wrapped)
    if len(raw) != WRAPPED_BYTES or raw[:4] != WRAP_MAGIC:
        raise Unreadable
    return int.from_bytes(raw[4:WRAP_HEAD_BYTES], "big")


def under_epochs(first: int, end: int) -> tuple[bytes, bytes]:
    """Return between which two texts all keys sort that are wrapped from one epoch up to another.

    The epoch stands before anything else in a wrapped key, so a database can find those of one.
    """
    return WRAP_MAGIC + first.to_bytes(4, "big"), WRAP_MAGIC + end.to_bytes(4, "big")


def seal_blob(
    plain: bytes,
    wrapped: Sealed,
    *,
    practice: UUID,
    photo: UUID,
    patient: UUID | None,
    rendition: str,
) -> bytes:
    """Seal one rendition under the photo's key, bound to practice, photo and rendition."""
    if len(plain) > MAX_PLAIN_BYTES:
        raise TooLarge("This is larger than 64 MiB, so it was not stored.")
    key = _unwrap(wrapped, practice=practice, photo=photo, patient=patient)
    return BLOB_MAGIC + ciphers.seal(key, plain, _blob_context(practice, photo, rendition))


def open_blob(
    blob: bytes,
    wrapped: Sealed,
    *,
    practice: UUID,
    photo: UUID,
    patient: UUID | None,
    rendition: str,
) -> bytes:
    """Open one rendition whole. No byte is given out before the tag over all of it held."""
    if len(blob) > MAX_BLOB_BYTES:
        raise TooLarge("This is larger than 64 MiB, so it was not opened.")
    if blob[:4] != BLOB_MAGIC:
        raise Unreadable
    key = _unwrap(wrapped, practice=practice, photo=photo, patient=patient)
    context = _blob_context(practice, photo, rendition)
    return ciphers.open_sealed(key, memoryview(blob)[4:], context)


def open_capsule(raw: bytes) -> OpenedCapsule:
    """Open what a phone sealed to this practice. Sizes and suite are checked before any key."""
    return open_with(raw, lambda key_id: current().capture_key(key_id).opener)


def seal_detail(text: str) -> bytes:
    """Seal the words of an audit entry; each under a key of its own, derived from the keyring's."""
    return DETAIL_MAGIC + ciphers.seal_salted(current().detail_key, text.encode(), DETAIL_CONTEXT)


def open_detail(sealed: Sealed) -> str:
    """Open the words of an audit entry; a changed byte is refused."""
    raw = bytes(sealed)
    if raw[:4] != DETAIL_MAGIC:
        raise Unreadable
    return ciphers.open_salted(current().detail_key, raw[4:], DETAIL_CONTEXT).decode()


def seal_text(text: str, *, context: str = "") -> bytes:
    """Seal a small secret for a named place, so that it opens nowhere else."""
    purpose = TEXT_CONTEXT + context.encode()
    return TEXT_MAGIC + ciphers.seal_salted(current().text_key, text.encode(), purpose)


def open_text(sealed: Sealed, *, context: str = "") -> str:
    """Open a small secret in the place it was sealed for; elsewhere it is refused."""
    raw = bytes(sealed)
    if raw[:4] != TEXT_MAGIC:
        raise Unreadable
    return ciphers.open_salted(
        current().text_key, raw[4:], TEXT_CONTEXT + context.encode()
    ).decode()


def sign_receipt(text: bytes) -> bytes:
    """Sign a receipt with the key that phones pinned at pairing (Ed25519)."""
    return current().receipt_signer.sign(text)


def is_receipt(text: bytes, signature: bytes) -> bool:
    """Say whether a receipt was signed here."""
    return ciphers.is_signed(current().receipt_public, signature, text)


def receipt_public_key() -> bytes:
    """Return the 32 bytes by which a phone checks receipts."""
    return current().receipt_public


def sign_audit(text: bytes) -> bytes:
    """Sign a checkpoint of the audit log (Ed25519)."""
    return current().audit_signer.sign(text)


def audit_public_key() -> bytes:
    """Return the 32 bytes by which anyone checks a checkpoint."""
    return current().audit_public


def peppered(text: bytes) -> bytes:
    """Return HMAC-SHA256 of a text under the keyring's pepper.

    A stolen database then cannot be tried for short codes without the keyring.
    """
    return hmac.digest(current().pepper, text, hashlib.sha256)


def site_secret() -> str:
    """Return the web framework's secret, derived from the pepper: no setting or file holds it."""
    return current().derived("site/secret/v1").hex()


def _blob_context(practice: UUID, photo: UUID, rendition: str) -> bytes:
    """Return what a blob is bound to: canonical JSON (RFC 8785), as security-design, section 3."""
    return rfc8785.dumps(
        {"v": 1, "practice": str(practice), "photo": str(photo), "rendition": rendition}
    )


def _wrap_context(practice: UUID, photo: UUID, patient: UUID | None, epoch: int) -> bytes:
    """Return what a photo key is bound to, in the words of security-design, section 2."""
    owner = UNMATCHED if patient is None else str(patient)
    return f"{WRAP_CONTEXT}|{practice}|{photo}|{owner}|{epoch}".encode()


def _wrap(key: bytes, *, practice: UUID, photo: UUID, patient: UUID | None) -> bytes:
    ring = current()
    epoch = ring.newest_epoch(practice)
    context = _wrap_context(practice, photo, patient, epoch)
    sealed = ciphers.seal(ring.kek(practice, epoch), key, context)
    return WRAP_MAGIC + epoch.to_bytes(4, "big") + sealed


def _unwrap(wrapped: Sealed, *, practice: UUID, photo: UUID, patient: UUID | None) -> bytes:
    raw = bytes(wrapped)
    epoch = epoch_of(raw)
    context = _wrap_context(practice, photo, patient, epoch)
    return ciphers.open_sealed(current().kek(practice, epoch), raw[WRAP_HEAD_BYTES:], context)
