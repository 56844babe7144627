"""Rules about people and phones that follow from values alone."""

import secrets
from datetime import date, datetime
from typing import Final

from safelight.lib.luhn import luhn_sum
from safelight.policy.dates import months_on

CODE_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford base32: no I, L, O, U
CODE_LENGTH: Final = 10  # 50 bits, used once, ten minutes, ten tries in five minutes
CODE_MINUTES: Final = 10
LINK_HOURS: Final = 72
FINGERPRINT_BYTES: Final = 16
SIGNATURE_SECONDS: Final = 300  # a phone's clock may be this far off
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
_IMEI_DIGITS = 15


def new_code() -> str:
    """Return a fresh pairing code, from the system's randomness (ASVS 11.5.1)."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(CODE_LENGTH))


def plain_code(typed: str) -> str:
    """Return a typed code as it was made: case, dashes and misread letters are mended."""
    kept = "".join(letter for letter in typed.upper() if letter.isalnum())
    return kept.translate(_MISREAD)


def shown_code(code: str) -> str:
    """Return a code as a page shows it: XXXXX-XXXXX."""
    return f"{code[:5]}-{code[5:]}"


def shown_fingerprint(digest: bytes) -> str:
    """Return the eight characters that phone and page both show, to be compared by eye."""
    number = int.from_bytes(digest[:5], "big")
    letters = [CODE_LETTERS[(number >> shift) & 31] for shift in range(35, -1, -5)]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


def imei_looks_right(imei: str) -> bool:
    """Say whether an IMEI has fifteen digits and the right last one (3GPP TS 23.003, Luhn)."""
    digits = "".join(sign for sign in imei if sign.isdecimal())
    return len(digits) == _IMEI_DIGITS and luhn_sum(digits) % 10 == 0


def check_is_due(declared: date | None, *, today: date, months: int) -> bool:
    """Say whether the owner has to say again that back-up is off or the phone is up to date."""
    return declared is None or declared <= months_on(today, -months)


def clock_is_near(told: str, *, at: datetime) -> bool:
    """Say whether a phone's Unix time is within five minutes of ours."""
    return told.isascii() and told.isdigit() and len(told) < 12 and _near(int(told), at)


def _near(told: int, at: datetime) -> bool:
    return abs(told - at.timestamp()) <= SIGNATURE_SECONDS
