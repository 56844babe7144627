"""Words: the passphrase a practice is given. We choose it, because people choose badly."""

import secrets
from functools import cache
from importlib.resources import files

WORDS = 6  # about 77 bits (security-design, section 2: six or more random words)


@cache
def word_list() -> tuple[str, ...]:
    """Return the EFF's long list as the xkcdpass package carries it, without hyphened words."""
    text = files("xkcdpass").joinpath("static/eff-long").read_text("utf-8")
    return tuple(sorted({word for word in text.split() if word.isascii() and word.isalpha()}))


def new_passphrase(words: int = WORDS) -> str:
    """Return random words from the system's generator. Fewer than six are never given."""
    return " ".join(secrets.choice(word_list()) for _ in range(max(words, WORDS)))


def tidy(passphrase: str) -> str:
    """Return a typed passphrase as it was given: small letters, single spaces."""
    return " ".join(passphrase.lower().replace("-", " ").split())
