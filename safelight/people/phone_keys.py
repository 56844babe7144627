"""Phone keys: what a phone signs with, and checking what it signed (ECDSA P-256, SHA-256)."""

import base64
import binascii

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from safelight.lib.refusals import BadInput

HALF = 32  # bytes of r and of s on this curve; browsers write them raw, one after the other
MOST_KEY_BYTES = 200


def unpadded(data: bytes) -> str:
    """Write bytes as base64url without padding, as phones do."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_unpadded(text: str) -> bytes:
    """Read base64url with or without padding; anything else is refused."""
    try:
        data = text.rstrip("=").encode("ascii")
        return base64.b64decode(data + b"=" * (-len(data) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise BadInput("That is not base64url.") from error


def checked_key(text: str) -> bytes:
    """Return a phone's public key (SPKI) if it is one of the one curve; nothing else is stored."""
    data = from_unpadded(text)
    if len(data) > MOST_KEY_BYTES:
        raise BadInput("The phone's key has the wrong form.")
    try:
        key = serialization.load_der_public_key(data)
    except (ValueError, TypeError) as error:
        raise BadInput("The phone's key has the wrong form.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadInput("The phone's key has the wrong form.")
    return data


def is_signed(public_key: bytes, signature: bytes, text: bytes) -> bool:
    """Say whether the holder of the phone's key signed exactly this text."""
    if len(signature) != 2 * HALF:
        return False
    try:
        key = serialization.load_der_public_key(bytes(public_key))
    except (ValueError, TypeError):
        return False
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    r, s = int.from_bytes(signature[:HALF], "big"), int.from_bytes(signature[HALF:], "big")
    try:
        key.verify(encode_dss_signature(r, s), text, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True
