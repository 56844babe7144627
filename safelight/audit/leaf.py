"""A leaf: the canonical JSON (RFC 8785) of one entry, which the tree is made of. Never a name."""

import re
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import rfc8785

from safelight.audit.actor import Actor

CODE = re.compile(r"[a-z][a-z0-9_.]{0,39}")
ROLE = re.compile(r"[A-Za-z][A-Za-z0-9_.,+]{0,39}")
OBJECT = re.compile(r"[a-z][a-z_]{0,29}:[a-z0-9_.-]{1,64}")


class NotForTheLeaf(ValueError):
    """Free text was about to be written where only codes and ids may stand."""


def leaf_text(
    n: int,
    action: str,
    *,
    by: Actor | None,
    of: str,
    patient: UUID | None,
    at: datetime,
    purpose: str,
    outcome: str,
    detail_commit: str,
) -> str:
    """Return an entry's leaf. It takes codes and ids only, so a name has nowhere to stand."""
    role = by.role if by else ""
    if not all(CODE.fullmatch(code) for code in (action, purpose, outcome) if code):
        raise NotForTheLeaf("Action, purpose and outcome are codes; words are detail.")
    if role and not ROLE.fullmatch(role):
        raise NotForTheLeaf("A role is a code.")
    if of and not OBJECT.fullmatch(of):
        raise NotForTheLeaf("What an act was done to is written as kind:id.")
    return rfc8785.dumps(
        {
            "n": n,
            "t": stamp(at),
            "actor": _id(by.id if by else None),
            "role": role,
            "device": _id(by.phone if by else None),
            "action": action,
            "object": of,
            "patient": _id(patient),
            "purpose": purpose,
            "outcome": outcome,
            "detail_commit": detail_commit,
        }
    ).decode()


def stamp(at: datetime) -> str:
    """Return a time as the log writes it: UTC, six digits of a second, a Z. It must have a zone."""
    if at.tzinfo is None:
        raise NotForTheLeaf("A time in the log needs its zone.")
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def commitment(salt: bytes, ciphertext: bytes) -> str:
    """Return what the leaf says of a sealed detail: enough to check it, nothing once it is gone."""
    return sha256(salt + ciphertext).hexdigest()


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
