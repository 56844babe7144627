"""The conversation of `safelight init` and `safelight recover`, on a terminal or by options."""

import argparse
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.site.config import default_data
from safelight.site.new_keys import NewKeys, make_keys, recover_keyring, refuse_if_set_up
from safelight.vault.root import HANDED_OVER, hand_over

Say = Callable[[str], None]
Ask = Callable[[str], str]

EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@dataclass(frozen=True)
class Answers:
    """What a practice tells us once."""

    name: str
    place: str
    zone: str
    address: str
    contact: str
    given: str
    family: str
    email: str
    origin: str


def _asked(value: str | None, words: str, ask: Ask, default: str = "") -> str:
    """Return an option, or ask for it. An empty answer takes the default."""
    if value is not None:
        return value.strip()
    shown = f"{words} [{default}]: " if default else f"{words}: "
    return ask(shown).strip() or default


def _answers(told: argparse.Namespace, ask: Ask) -> Answers:
    from safelight.site.cli import PLACES, ZONES  # noqa: PLC0415 - cli imports this module lazily

    place = _asked(told.place, "State or territory (NSW, VIC, …)", ask).upper()
    if place not in PLACES:
        raise BadInput(f"The state or territory is one of {', '.join(PLACES)}.")
    found = Answers(
        place=place,
        name=_asked(told.name, "Name of the practice", ask),
        zone=_asked(told.zone, "Time zone", ask, ZONES[place]),
        address=_asked(told.address, "Street address", ask),
        contact=_asked(told.contact, "Telephone or e-mail for patients", ask),
        given=_asked(told.manager_given, "First manager: given name", ask),
        family=_asked(told.manager_family, "First manager: family name", ask),
        email=_asked(told.manager_email, "First manager: e-mail", ask).lower(),
        origin=_asked(told.origin, "Address staff will type", ask, "http://localhost:8000").rstrip(
            "/"
        ),
    )
    if not (found.name and found.given and found.family):
        raise BadInput("The practice and its first manager need names. Nothing was made.")
    if not EMAIL.fullmatch(found.email):
        raise BadInput("The manager's e-mail does not look like one. Nothing was made.")
    if not re.fullmatch(r"https://[^/\s]+|http://(localhost|127\.0\.0\.1)(:\d+)?", found.origin):
        raise BadInput(
            "The address must begin with https://, or be http://localhost.",
            remedy="Phones refuse the camera on any other address.",
        )
    return found


def _write_config(data: Path, answers: Answers, key_file: Path | None) -> None:
    host = answers.origin.split("//")[1].split(":")[0]
    lines = [f'origin = "{answers.origin}"']
    if host not in ("localhost", "127.0.0.1"):
        lines.append(f'hosts = ["{host}", "localhost", "127.0.0.1"]')
    if key_file is not None:
        lines.append(f'root_key_file = "{key_file}"')
    (data / "safelight.toml").write_text("\n".join(lines) + "\n")


def set_up(told: argparse.Namespace, *, say: Say, ask: Ask) -> int:
    """Make a practice. Everything is asked first, so that a wrong answer leaves nothing behind."""
    data = default_data()
    refuse_if_set_up(data)
    answers = _answers(told, ask)
    key_file = Path(told.key_file).absolute() if told.key_file else None
    new = make_keys(data, key_file=key_file, at=now())
    _write_config(data, answers, key_file)
    # This process opens the keyring with the key it just made, so nobody is asked at once.
    os.environ[HANDED_OVER] = str(hand_over(new.root.key))
    link = _make_practice(answers)
    _say_what_to_keep(new, Path(told.kits or "."), answers.name, say)
    say("")
    say("The first manager joins with this link, once, within 72 hours:")
    say(f"  {link}")
    say("Start the practice with `safelight serve`, then open the link.")
    return 0


def _make_practice(answers: Answers) -> str:
    """Make tables, practice and manager; return the manager's link."""
    import django  # noqa: PLC0415 - settings read the configuration that was just written

    django.setup()
    from safelight.people.inviting import invite_again  # noqa: PLC0415
    from safelight.site import setting_up  # noqa: PLC0415

    setting_up.make_tables()
    practice = setting_up.make_practice(
        name=answers.name,
        jurisdiction=answers.place,
        zone=answers.zone,
        address=answers.address,
        contact=answers.contact,
        at=now(),
    )
    manager = setting_up.make_first_manager(
        practice, given=answers.given, family=answers.family, email=answers.email, at=now()
    )
    return invite_again(manager, by=None, at=now())


def _say_what_to_keep(new: NewKeys, folder: Path, practice: str, say: Say) -> None:
    """Write the two kits as pages to print, and show the passphrase once."""
    say("")
    for name, kit in zip("AB", new.kits, strict=True):
        path = folder / f"safelight-recovery-kit-{name}.html"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as page:
            page.write(kit.page(name=name, practice=practice, at=now()))
        say(f"Recovery kit {name}: print {path}, put the paper in a safe, delete the file.")
    say("Each kit alone opens this practice if the passphrase is lost. Keep them apart.")
    if new.passphrase is not None:
        say("")
        say("Passphrase, asked for at every start. It is shown this once:")
        say(f"  {new.passphrase}")


def recover(told: argparse.Namespace, *, say: Say, ask: Ask) -> int:
    """Open the keyring with a paper kit and give it a new way in. The old ways end."""
    data = default_data()
    identity = ask("Secret words of the kit (begin with AGE-SECRET-KEY): ").strip()
    key_file = Path(told.key_file).absolute() if told.key_file else None
    passphrase = recover_keyring(data, identity, key_file=key_file, at=now())
    say("The keyring is open again. Photos and records are as they were.")
    if passphrase is not None:
        say("New passphrase, asked for at every start. It is shown this once:")
        say(f"  {passphrase}")
    return 0
