"""The conversation of `safelight init` and `safelight recover`, on a terminal or by options."""

import argparse
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import available_timezones

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.site.config import Config, default_data, load
from safelight.site.kits import kit_paths, say_what_to_do, write_kits
from safelight.site.new_keys import NewKeys, make_keys, recover_keyring, refuse_if_set_up
from safelight.site.starting import ready
from safelight.vault import keyring
from safelight.vault.root import HANDED_OVER, hand_over

Say = Callable[[str], None]
Ask = Callable[[str], str]

PLACES = {
    "NSW": "Australia/Sydney",
    "VIC": "Australia/Melbourne",
    "QLD": "Australia/Brisbane",
    "SA": "Australia/Adelaide",
    "WA": "Australia/Perth",
    "TAS": "Australia/Hobart",
    "ACT": "Australia/Sydney",
    "NT": "Australia/Darwin",
}
"""The states and territories, each with the zone of its capital."""
ORIGIN = re.compile(r"https://[^/\s]+|http://(localhost|127\.0\.0\.1)(:\d+)?")
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


def _text(value: str) -> str:
    if not value:
        raise BadInput("This cannot be left empty.")
    return value


def _place(value: str) -> str:
    if value.upper() not in PLACES:
        raise BadInput(f"The state or territory is one of {', '.join(PLACES)}.")
    return value.upper()


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise BadInput("That time zone is not known. One is named like Australia/Melbourne.")
    return value


def _email(value: str) -> str:
    if not EMAIL.fullmatch(value):
        raise BadInput("The manager's e-mail does not look like one.")
    return value.lower()


def _origin(value: str) -> str:
    if not ORIGIN.fullmatch(value.rstrip("/")):
        raise BadInput(
            "The address must begin with https://, or be http://localhost.",
            remedy="Phones refuse the camera on any other address.",
        )
    return value.rstrip("/")


@dataclass(frozen=True)
class Asking:
    """How a person is asked: options are taken as they are, a typed mistake is asked for again."""

    ask: Ask
    say: Say

    def __call__(
        self,
        option: str | None,
        words: str,
        right: Callable[[str], str] = str,
        default: str = "",
    ) -> str:
        """Return the option or an answer, put right. An empty answer takes the default."""
        if option is not None:
            return right(option.strip())
        shown = f"{words} [{default}]: " if default else f"{words}: "
        while True:
            try:
                return right(self.ask(shown).strip() or default)
            except BadInput as wrong:
                self.say(f"  {wrong.message} {wrong.remedy}".rstrip())


def _answers(told: argparse.Namespace, asked: Asking, origin: str) -> Answers:
    place = asked(told.place, f"State or territory ({', '.join(PLACES)})", _place)
    return Answers(
        place=place,
        name=asked(told.name, "Name of the practice", _text),
        zone=asked(told.zone, "Time zone", _zone, PLACES[place]),
        address=asked(told.address, "Street address"),
        contact=asked(told.contact, "Telephone or e-mail for patients"),
        given=asked(told.manager_given, "First manager: given name", _text),
        family=asked(told.manager_family, "First manager: family name", _text),
        email=asked(told.manager_email, "First manager: e-mail, to sign in with", _email),
        origin=asked(told.origin, "Address staff will type", _origin, origin),
    )


def _config_lines(before: str, answers: Answers, key_file: Path | None) -> str:
    """Add what was answered to the settings that were there; those stay as they are."""
    there = tomllib.loads(before)
    host = answers.origin.split("//")[1].split(":")[0]
    lines = []
    if "origin" not in there:
        lines.append(f'origin = "{answers.origin}"')
    if "hosts" not in there and host not in ("localhost", "127.0.0.1"):
        lines.append(f'hosts = ["{host}", "localhost", "127.0.0.1"]')
    if "root_key_file" not in there and key_file is not None:
        lines.append(f'root_key_file = "{key_file}"')
    return "".join(f"{line}\n" for line in lines) + before


def set_up(told: argparse.Namespace, *, say: Say, ask: Ask = input) -> int:
    """Make a practice. Everything is asked first, so that a wrong answer leaves nothing behind.

    What fails later takes away again what was made: keys nobody wrote down open nothing.
    """
    data = default_data()
    refuse_if_set_up(data)
    load(data)  # settings that are there and wrong are told now
    settings = data / "safelight.toml"
    before = settings.read_text() if settings.exists() else ""
    told.origin = tomllib.loads(before).get("origin", told.origin)
    kits = kit_paths(Path(told.kits or "."))
    key_file = Path(told.key_file).absolute() if told.key_file else None
    answers = _answers(told, Asking(ask, say), Config.origin)
    new = make_keys(data, key_file=key_file, at=now())
    try:
        settings.write_text(_config_lines(before, answers, key_file))
        # This process opens the keyring with the key it just made, so nobody is asked at once.
        os.environ[HANDED_OVER] = str(hand_over(new.root.key))
        link = ready("safelight.site.managers:first_link")(answers)
        write_kits(new.kits, kits, practice=answers.name, at=now())
    except BaseException:
        _take_away(data, [*kits, *([key_file] if key_file else [])], before)
        raise
    _say_what_to_keep(new, kits, link, say)
    return 0


def _take_away(data: Path, also: Sequence[Path], before: str) -> None:
    """Take away what a set-up made that did not get to its end. Other files stay."""
    shutil.rmtree(data / "keyring", ignore_errors=True)
    for path in [*data.glob("safelight.db*"), *also]:
        path.unlink(missing_ok=True)
    if before:
        (data / "safelight.toml").write_text(before)
    else:
        (data / "safelight.toml").unlink(missing_ok=True)


def _say_what_to_keep(new: NewKeys, kits: Sequence[Path], link: str, say: Say) -> None:
    """Show the passphrase once, and say where the kits are and how the manager joins."""
    if new.passphrase is not None:
        say("")
        say("Passphrase, asked for at every start. It is shown this once, so write it down now:")
        say(f"  {new.passphrase}")
    say("")
    say_what_to_do(kits, say)
    say("")
    say("The first manager joins with this link, once, within 72 hours:")
    say(f"  {link}")
    say("Start the practice with `safelight serve`, then open the link.")


def recover(told: argparse.Namespace, *, say: Say, ask: Ask = input) -> int:
    """Open the keyring with a paper kit and give it a new way in. The old ways end.

    A server that runs is left its way in: it is refused before anybody types a kit's words.
    """
    data = default_data()
    key_file = Path(told.key_file).absolute() if told.key_file else None
    with keyring.held_alone(data / "keyring"):
        identity = ask("Secret words of the kit (begin with AGE-SECRET-KEY): ").strip()
        passphrase = recover_keyring(data, identity, key_file=key_file, at=now())
    say("The keyring is open again. Photos and records are as they were.")
    if passphrase is not None:
        say("New passphrase, asked for at every start. It is shown this once:")
        say(f"  {passphrase}")
    return 0
