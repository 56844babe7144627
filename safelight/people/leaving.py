"""Leaving: somebody is out on their next request, on every channel. And coming back."""

from collections.abc import Sequence
from datetime import datetime

from allauth.mfa.models import Authenticator
from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import NotFound, Refusal
from safelight.people.duties import Act, may, require_duty
from safelight.people.inviting import (
    checked_roles,
    checked_supervisor,
    end_links,
    gives_clinical,
    invite_again,
)
from safelight.people.models import PairingCode, Person
from safelight.people.phones import stop_phones_of
from safelight.people.signed_in import end_all


class LastManager(Refusal):
    """Nobody would be left who can invite people."""

    code = "last_manager"

    def __init__(self) -> None:
        """Say what to do first."""
        super().__init__(
            "Nobody else manages people here, so nothing was changed.",
            remedy="Give somebody else that duty first.",
        )


@transaction.atomic
def let_leave(person: Person, *, by: Person, at: datetime) -> None:
    """Record that a person has left. Sessions, phones, links, codes and passkeys end with it.

    Every door asks the person's row on every request, so even what this missed is refused.
    """
    require_duty(by, Act.PEOPLE_MANAGE)
    if person.practice_id != by.practice_id:
        raise NotFound
    require_another_manager(person)
    moved = Person.objects.filter(pk=person.pk, left_at=None).update(is_active=False, left_at=at)
    if moved != 1:
        raise NotFound
    person.is_active, person.left_at = False, at
    end_all(person)
    end_links(person, at=at)
    PairingCode.objects.filter(made_by=person, used_at=None, ends_at__gt=at).update(ends_at=at)
    Authenticator.objects.filter(user=person).delete()
    stop_phones_of(person, by=by, at=at)
    record("person.left", practice=person.practice_id, by=by, of=f"person:{person.pk}", at=at)


@transaction.atomic
def let_return(
    person: Person, *, roles: Sequence[str], supervisor: Person | None, by: Person, at: datetime
) -> str:
    """Let somebody who left work here again, and return their link: they join as if anew.

    Their duties are given afresh, by somebody who may give them. Nothing that ended comes back: no
    passkey, code, sign-in or phone. One conditional update decides, so it happens once.
    """
    require_duty(by, Act.PEOPLE_MANAGE)
    if person.practice_id != by.practice_id:
        raise NotFound
    fresh = {
        "roles": checked_roles(roles, before=(), by=by),
        "supervisor": checked_supervisor(supervisor, by=by),
        "is_active": True,
        "left_at": None,
        "joined_at": None,
    }
    rows = Person.objects.filter(pk=person.pk, left_at__isnull=False)
    if rows.update(**fresh) != 1:
        raise NotFound
    person.refresh_from_db()
    record(
        "person.returned",
        practice=person.practice_id,
        by=by,
        of=f"person:{person.pk}",
        at=at,
        detail="+".join(person.roles),
    )
    return invite_again(person, by=by, at=at)


def require_another_manager(person: Person) -> None:
    """Refuse if this is the last one who can invite people and give duties."""
    others = Person.objects.filter(practice=person.practice, is_active=True, left_at=None)
    others = others.exclude(pk=person.pk).exclude(joined_at=None)
    if may(person, Act.PEOPLE_MANAGE) and not any(gives_clinical(one.roles) for one in others):
        raise LastManager
