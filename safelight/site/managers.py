"""Letting a manager in: the first, with a new practice, and one whom nobody else can let in."""

import argparse
from collections.abc import Callable

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.people.inviting import invite_again
from safelight.people.models import Person
from safelight.site import setting_up
from safelight.site.first_run import Answers

Say = Callable[[str], None]


def first_link(answers: Answers) -> str:
    """Make tables, practice and manager; return the link that the manager joins by."""
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


def new_link(told: argparse.Namespace, *, say: Say) -> int:
    """Make a new joining link for a manager who has no way in, and nobody who could let them in.

    Whoever can run this has opened the keys, so it gives away nothing they could not read. It ends
    the manager's passkey and sign-ins once it is used, and stands in the log as the server's act.
    """
    found = Person.objects.filter(email__iexact=told.email, is_active=True, left_at=None).first()
    if found is None or "M" not in found.roles:
        raise BadInput("No manager of this practice signs in with that e-mail. Nothing was made.")
    link = invite_again(found, by=None, at=now())
    say("This link works once, within 72 hours. Hand it to the manager and to nobody else.")
    say("Using it makes a new passkey and ends the old ones.")
    say(f"  {link}")
    return 0
