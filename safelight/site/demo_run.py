"""`safelight demo`: make the demo practice once, then serve it with links to sign in by."""

import os
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from safelight.lib.clock import now
from safelight.lib.refusals import Refusal
from safelight.site import config, serving
from safelight.site.new_keys import make_keys
from safelight.vault.root import HANDED_OVER, hand_over

if TYPE_CHECKING:
    from safelight.policy.models import Practice

Say = Callable[[str], None]

UNFINISHED = "demo-unfinished"
"""A file in the data folder from its first key until the demo is whole."""


class DemoKeyLeft(Refusal):
    """A root key lies where the demo would put its own. It may open something: it is left alone."""

    code = "demo_key_left"


def run(*, serve: bool, say: Say, ready: Callable[[], None]) -> int:
    """Make what is not there yet, say how to get in, serve. A real practice is never touched."""
    chosen = config.load(config.default_data())
    server = serving.take_address(chosen) if serve else None
    _clear_unfinished(chosen, say)
    if not (chosen.data / "keyring").exists():
        say("Making a demo practice. This takes about a minute, once.")
        _new_keys(chosen)
    ready()
    practice = _practice(say)
    (chosen.data / UNFINISHED).unlink(missing_ok=True)
    if server is None:
        return 0
    say("")
    say(f"Safelight is at {chosen.origin}")
    say("")
    for words in _ways_in(practice, chosen.origin):
        say(words)
    return serving.serve(chosen, server, say=say, meanwhile=lambda: _keep_todays_list(practice))


def _new_keys(chosen: config.Config) -> None:
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


def _clear_unfinished(chosen: config.Config, say: Say) -> None:
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


def _keep_todays_list(practice: "Practice") -> None:
    """Give a new day its visits while the demo runs on over midnight."""
    from safelight.site import demo  # noqa: PLC0415 - Django was loaded by now

    demo.todays_list(practice, at=now())


def _practice(say: Say) -> "Practice":
    """Return the demo practice; refuse to go on in a data folder that holds a real one."""
    from safelight.site import demo, setting_up  # noqa: PLC0415 - Django was loaded just now

    setting_up.bring_up_to_date()
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
