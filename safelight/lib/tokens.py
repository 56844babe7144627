"""Tokens of links and of their readers' sessions: random, and kept as hashes only."""

import hashlib
import secrets
from typing import Final

BYTES: Final = 32
"""256 bits: never guessed, so its SHA-256 needs no salt (security-design, section 3)."""


def new_token() -> str:
    """Return a fresh token from the system's randomness (ASVS 11.5.1)."""
    return secrets.token_urlsafe(BYTES)


def token_hash(token: str) -> bytes:
    """Return what the database keeps of a token."""
    return hashlib.sha256(token.encode()).digest()
