"""`safelight demo`: make the demo practice once, then serve it with links to sign in by."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from safelight.lib.clock import now
from safelight.site import config, serving
from safelight.site.new_keys import make_keys
from safelight.vault.root import HANDED_OVER, hand_over

if TYPE_CHECKING:
    from safelight.policy.models import Practice

Say = Callable[[str], None]


def run(*, serve: bool, say: Say, ready: Callable[[], None]) -> int:
    """Make what is not there yet, say how to get in, serve. A real practice is never touched."""
    chosen = config.load(config.default_data())
    is_new = not (chosen.data / "keyring").exists()
    if is_new:
        say("Making a demo practice. This takes a few minutes, once.")
        new = make_keys(chosen.data, key_file=chosen.root_key_file, at=now())
        # This process opens the keyring with the key it just made.
        os.environ[HANDED_OVER] = str(hand_over(new.root.key))
    ready()
    practice = _practice(say)
    if not serve:
        return 0
    say("")
    say(f"Safelight is at {chosen.origin}")
    say("")
    for words in _ways_in(practice, chosen.origin):
        say(words)
    return serving.serve(chosen)


def _practice(say: Say) -> "Practice":
    """Return the demo practice; refuse to go on in a data folder that holds a real one."""
    from safelight.site import demo, setting_up  # noqa: PLC0415 - Django was loaded just now

    setting_up.make_tables()
    return demo.demo_practice(at=now(), say=say)


def _ways_in(practice: "Practice", origin: str) -> list[str]:
    """Return the lines that say how to be each person, and how to be the phone."""
    from safelight.people.demo_links import make_sign_in_link  # noqa: PLC0415
    from safelight.people.reading import role_words  # noqa: PLC0415

    lines = ["Sign in by a link. Each works once; start again for new ones."]
    for person in practice.people.filter(is_active=True, joined_at__isnull=False).order_by("pk"):
        words = f"{person.name}, {role_words(person)}"
        lines.append(f"  {words:<48} {make_sign_in_link(person, at=now())}")
    return [
        *lines,
        "",
        "To be the phone on this computer: sign in as Dr Ada Specimen, open Phones, press",
        "“Add a phone” and keep that page open. In a second browser profile open",
        f"  {origin}/phone/",
        "make the window narrow, and type the code. The camera of this computer is the phone’s.",
        "Unlocking asks for this computer’s own screen lock; without one, the browser’s developer",
        "tools (More tools, WebAuthn) can stand in for it.",
    ]
