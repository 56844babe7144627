"""Recovery: two kits on paper, each enough by itself to open the keyring again.

A kit is an age identity (X25519). The server keeps only the recipient, so a thief of the server
finds no kit, and the kit also opens the file with the ordinary age tool.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape
from pathlib import Path

import segno

from safelight.vault import ciphers, files, keyfiles
from safelight.vault.keys import Keyring, from_json

KIT_NAMES = ("A", "B")


@dataclass(frozen=True)
class RecoveryKit:
    """One kit. The identity is the secret, and it goes on paper only."""

    identity: str = field(repr=False)
    recipient: str


def make_recovery_kit() -> RecoveryKit:
    """Make one kit from fresh random bytes. Nothing is written anywhere."""
    return RecoveryKit(*ciphers.new_age_identity())


def make_recovery_kits() -> tuple[RecoveryKit, RecoveryKit]:
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


def kit_text(kit: RecoveryKit, *, name: str, practice: str, made_on: date) -> str:
    """Return a kit as plain text to print. It is the only place where the identity appears."""
    return "\n\n".join((_title(name, practice), *_words(name, made_on), *_keys(kit))) + "\n"


def kit_html(kit: RecoveryKit, *, name: str, practice: str, made_on: date) -> str:
    """Return a kit as a page to print, with a code that saves typing it. It loads nothing."""
    code = segno.make(kit.identity, error="q").svg_inline(scale=5, border=4)
    words = "".join(f"<p>{escape(line)}</p>" for line in _words(name, made_on))
    identity, recipient = (escape(line) for line in _keys(kit))
    return (
        '<!doctype html><html lang="en-AU"><meta charset="utf-8">'
        f"<title>{escape(_title(name, practice))}</title>"
        f"<h1>{escape(_title(name, practice))}</h1>{words}"
        f"<p><code>{identity}</code></p>{code}<p><small>{recipient}</small></p></html>\n"
    )


def _title(name: str, practice: str) -> str:
    return f"Safelight recovery kit {name}: {practice}"


def _words(name: str, made_on: date) -> Sequence[str]:
    other = KIT_NAMES[1] if name == KIT_NAMES[0] else KIT_NAMES[0]
    return (
        f"Made on {made_on.day} {made_on:%B %Y}. Kit {name} of two; kit {other} lies elsewhere.",
        "Whoever holds this paper and a copy of the practice's server can read every photo. "
        "Keep it as you keep the key to the drug cupboard, and never in the same building as "
        f"kit {other}.",
        "It is needed when the passphrase or the root key is lost. On the server, run "
        "`safelight recover` and type or scan the line below. One kit is enough.",
        "If this paper is lost, the server still works. Make new kits soon.",
    )


def _keys(kit: RecoveryKit) -> tuple[str, str]:
    return kit.identity, f"This kit's public half, not secret: {kit.recipient}"
