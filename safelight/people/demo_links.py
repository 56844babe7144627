"""Demo links: signing in as one of the made-up people of a demo practice, and only there."""

from datetime import datetime

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import NotAllowed
from safelight.lib.tokens import token_hash
from safelight.people.inviting import make_link
from safelight.people.joining import LinkEnded
from safelight.people.models import Invitation, Person
from safelight.people.rules import LINK_HOURS
from safelight.people.signed_in import DEMO_LINK


def make_sign_in_link(person: Person, *, at: datetime) -> str:
    """Return a link, used once, that signs in as a demo person. A real practice has none."""
    _require_demo(person)
    link = make_link(person, Invitation.Kind.DEMO, by=None, at=at, hours=LINK_HOURS)
    return link.replace(f"{settings.SAFELIGHT_ORIGIN}/join#", f"{settings.SAFELIGHT_ORIGIN}/demo#")


@transaction.atomic
def use_sign_in_link(token: str, *, at: datetime) -> Person:
    """Use up a demo link and return its person. One conditional update, so it works once."""
    rows = Invitation.objects.filter(
        kind=Invitation.Kind.DEMO,
        token_hash=token_hash(token),
        used_at=None,
        ends_at__gt=at,
    )
    if rows.update(used_at=at) != 1:
        raise LinkEnded
    links = Invitation.objects.select_related("person__practice")
    person = links.get(token_hash=token_hash(token)).person
    if not person.practice.is_demo or not person.is_active or person.left_at is not None:
        raise LinkEnded
    record("signed_in", practice=person.practice_id, by=person, of=f"person:{person.pk}", at=at)
    return person


def note_demo_link(session: SessionBase) -> None:
    """Note that a demo link began this session; signing in any other way drops the note."""
    session[DEMO_LINK] = True


def may_confirm_without_passkey(person: Person, session: SessionBase) -> bool:
    """Say whether a button will do to confirm: in the demo, where a link began this session.

    Another browser's passkey cannot answer here. A real practice has no such session, and one
    left over from a demo confirms nothing once the practice is real.
    """
    return person.practice.is_demo and session.get(DEMO_LINK) is True


def _require_demo(person: Person) -> None:
    if not person.practice.is_demo:
        raise NotAllowed("Sign-in links exist in the demo practice only.")
