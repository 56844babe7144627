"""`safelight demo`: make the demo practice once, then serve it with links to sign in by."""

import argparse
import os
import shutil
from collections.abc import Callable

from safelight.lib.clock import now
from safelight.lib.refusals import Refusal
from safelight.people.demo_links import make_sign_in_link
from safelight.people.reading import role_words
from safelight.policy.models import Practice
from safelight.site import demo, serving, setting_up
from safelight.site.config import Config
from safelight.site.new_keys import make_keys
from safelight.site.settings import CONFIG
from safelight.vault.root import HANDED_OVER, hand_over

Say = Callable[[str], None]

UNFINISHED = "demo-unfinished"
"""A file in the data folder from its first key until the demo is whole."""


class DemoKeyLeft(Refusal):
    """A root key lies where the demo would put its own. It may open something: it is left alone."""

    code = "demo_key_left"


def run(told: argparse.Namespace, *, say: Say) -> int:
    """Make what is not there yet, say how to get in, serve. A real practice is never touched."""
    server = None if told.make_only else serving.take_address(CONFIG)
    _clear_unfinished(CONFIG, say)
    if not (CONFIG.data / "keyring").exists():
        say("Making a demo practice. This takes about a minute, once.")
        _new_keys(CONFIG)
    practice = _practice(say)
    (CONFIG.data / UNFINISHED).unlink(missing_ok=True)
    if server is None:
        return 0
    say("")
    say(f"Safelight is at {CONFIG.origin}")
    say("")
    for words in _ways_in(practice, CONFIG.origin):
        say(words)
    return serving.serve(CONFIG, server, say=say, meanwhile=lambda: _keep_todays_list(practice))


def _new_keys(chosen: Config) -> None:
    if chosen.root_key_file.exists():
        raise DemoKeyLeft(
            f"{chosen.root_key_file} is the key of a data folder that is not here."
            " Nothing was made.",
            remedy="To begin anew, delete that file. To go on, bring its data folder back.",
        )
    new = make_keys(chosen.data, key_file=chosen.root_key_file, at=now())
    # Only now: a folder that has this mark has keys that the demo made, and nobody else's.
    (chosen.data / UNFINISHED).touch(mode=0o600)
    # This process opens the keyring with the key it just made.
    os.environ[HANDED_OVER] = str(hand_over(new.root.key))


def _clear_unfinished(chosen: Config, say: Say) -> None:
    """Clear away a demo that was stopped half-way. Only our own mark says that it is one."""
    if not (chosen.data / UNFINISHED).exists():
        return
    say("The demo was stopped while it was made. Beginning anew.")
    chosen.root_key_file.unlink(missing_ok=True)
    for path in chosen.data.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name not in ("safelight.toml", UNFINISHED):
            path.unlink()
    (chosen.data / UNFINISHED).unlink()  # last: a second Ctrl-C finds it still there


def _keep_todays_list(practice: Practice) -> None:
    """Give a new day its visits while the demo runs on over midnight."""
    demo.todays_list(practice, at=now())


def _practice(say: Say) -> Practice:
    """Return the demo practice; refuse to go on in a data folder that holds a real one."""
    setting_up.bring_up_to_date()
    return demo.demo_practice(at=now(), say=say)


def _ways_in(practice: Practice, origin: str) -> list[str]:
    """Return the lines that say how to be each person, and how to be the phone."""
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
