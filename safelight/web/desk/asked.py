"""What is read from an address or a form that anybody may have written, or nothing."""

from typing import Final
from uuid import UUID

LONGEST: Final = 15  # digits; whatever is counted here is below a million billions


def number_in(text: str | None) -> int | None:
    """Read a number; anything else, or one that no table could hold, is none."""
    text = text or ""
    return int(text) if text.isdecimal() and len(text) <= LONGEST else None


def uuid_in(text: str | None) -> UUID | None:
    """Read an id; anything else is none."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
