"""Recovery: two kits on paper, each enough by itself to open the keyring again.

A kit is an age identity (X25519). The server keeps only the recipient, so a thief of the server
finds no kit, and the kit also opens the file with the ordinary age tool.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path

import segno

from safelight.vault import ciphers, files, keyfiles
from safelight.vault.keys import Keyring, from_json

KIT_NAMES = ("A", "B")


@dataclass(frozen=True)
class Kit:
    """One kit. The identity is the secret, and it goes on paper only."""

    identity: str = field(repr=False)
    recipient: str

    def text(self, *, name: str, practice: str, at: datetime) -> str:
        """Return the kit as plain text to print. Only here and on `page` does the secret appear."""
        words = (_title(name, practice), *_words(name, at), self.identity, self._public)
        return "\n\n".join(words) + "\n"

    def page(self, *, name: str, practice: str, at: datetime) -> str:
        """Return the kit as a page to print, with a code that saves typing. It loads nothing."""
        title = escape(_title(name, practice))
        code = segno.make(self.identity, error="q").svg_inline(scale=5, border=4)
        words = "".join(f"<p>{escape(line)}</p>" for line in _words(name, at))
        return (
            '<!doctype html><html lang="en-AU"><meta charset="utf-8">'
            f"<title>{title}</title><h1>{title}</h1>{words}"
            f"<p><code>{escape(self.identity)}</code></p>{code}"
            f"<p><small>{escape(self._public)}</small></p></html>\n"
        )

    @property
    def _public(self) -> str:
        return f"This kit's public half, not secret: {self.recipient}"


def make_recovery_kit() -> Kit:
    """Make one kit from fresh random bytes. Nothing is written anywhere."""
    return Kit(*ciphers.new_age_identity())


def make_recovery_kits() -> tuple[Kit, Kit]:
    """Make the two kits of a practice, to be kept in two places."""
    return make_recovery_kit(), make_recovery_kit()


def open_with_kit(folder: Path, identity: str) -> Keyring:
    """Open the newest keyring with a kit alone. A kit of another practice is refused."""
    numbers = keyfiles.generations(folder, keyfiles.FOR_KITS)
    if not numbers:
        raise keyfiles.KeyringMissing("There is no recovery file in this folder.")
    trouble = ciphers.Unreadable()
    for number in numbers:
        sealed = keyfiles.path_of(folder, number, keyfiles.FOR_KITS).read_bytes()
        try:
            ring = from_json(ciphers.open_with_age(sealed, "".join(identity.split()).upper()))
        except ciphers.Unreadable as this:
            trouble = this
            continue
        if ring.generation == number:
            return ring
    raise trouble


def restore_keyring(folder: Path, identity: str, *, root: bytes) -> Keyring:
    """Open the keyring with a kit and seal it under a new root key, all generations of it.

    The photos and the database stay as they are: only what seals the keyring changes.
    """
    with files.locked(folder / keyfiles.LOCK):
        return keyfiles.save_everywhere(folder, root, open_with_kit(folder, identity))


def _title(name: str, practice: str) -> str:
    return f"Safelight recovery kit {name}: {practice}"


def _words(name: str, at: datetime) -> Sequence[str]:
    other = KIT_NAMES[1] if name == KIT_NAMES[0] else KIT_NAMES[0]
    return (
        f"Made on {at.day} {at:%B %Y}. Kit {name} of two; kit {other} lies elsewhere.",
        "Whoever holds this paper and a copy of the practice's server can read every photo. "
        "Keep it as you keep the key to the drug cupboard, and never in the same building as "
        f"kit {other}.",
        "It is needed when the passphrase or the root key is lost. On the server, run "
        "`safelight recover` and type or scan the line below. One kit is enough.",
        "If this paper is lost, the server still works. Make new kits soon: `safelight kits`.",
    )
