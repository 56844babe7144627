"""Recovering: a lost passkey needs a recovery code and a person who agrees."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from safelight.audit.log import record
from safelight.lib.refusals import NotAllowed, NotFound
from safelight.lib.tokens import new_token, token_hash
from safelight.people.duties import Act, require_duty
from safelight.people.models import Invitation, Person
from safelight.people.passkeys import use_code
from safelight.people.rules import LINK_HOURS


@transaction.atomic
def ask_back_in(*, email: str, code: str, at: datetime) -> str:
    """Ask to be let back in with a recovery code. Returns a token either way, and the same way.

    A wrong e-mail or code gets a token that opens nothing, so nobody learns who works here. A right
    one opens nothing either until a manager agrees (ASVS 6.4.4). The caller limited the tries.
    """
    token = new_token()
    person = Person.objects.filter(
        email__iexact=email.strip(), is_active=True, left_at=None
    ).first()
    if person is None or not use_code(person, code):
        return token
    _open(person, at=at).update(ends_at=at)
    Invitation.objects.create(
        person=person,
        kind=Invitation.Kind.RECOVER,
        token_hash=token_hash(token),
        made_by=person.pk,
        made_at=at,
        ends_at=at + timedelta(hours=LINK_HOURS),
    )
    record(
        "recovery.asked", practice=person.practice_id, by=person, of=f"person:{person.pk}", at=at
    )
    return token


def waiting_for(person: Person, *, at: datetime) -> Invitation | None:
    """Return the open request of a person whose recovery code was right, if there is one."""
    return _open(person, at=at).filter(agreed_at=None).order_by("-made_at").first()


def all_waiting(by: Person, *, at: datetime) -> set[UUID]:
    """Return who of the reader's practice asks to be let back in, by one look for all of them."""
    require_duty(by, Act.PEOPLE_SEE)
    asked = Invitation.objects.filter(
        person__practice=by.practice_id, kind=Invitation.Kind.RECOVER, used_at=None, ends_at__gt=at
    )
    return set(asked.filter(agreed_at=None).values_list("person_id", flat=True))


@transaction.atomic
def agree(person: Person, *, by: Person, at: datetime) -> None:
    """Let somebody back in whose recovery code was right, after making sure who it is.

    The manager vouches; the person's own browser then makes a new passkey, which replaces all.
    """
    require_duty(by, Act.PEOPLE_MANAGE)
    if person.practice_id != by.practice_id:
        raise NotFound
    if person.pk == by.pk:
        raise NotAllowed("Somebody else has to agree to this.")
    waiting = waiting_for(person, at=at)
    if waiting is None:
        raise NotFound
    moved = Invitation.objects.filter(pk=waiting.pk, agreed_at=None, used_at=None).update(
        agreed_at=at, agreed_by=by.pk
    )
    if moved != 1:
        raise NotFound
    record("recovery.agreed", practice=person.practice_id, by=by, of=f"person:{person.pk}", at=at)


def _open(person: Person, *, at: datetime) -> QuerySet[Invitation]:
    return Invitation.objects.filter(
        person=person, kind=Invitation.Kind.RECOVER, used_at=None, ends_at__gt=at
    )
