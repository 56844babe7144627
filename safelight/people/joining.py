"""Joining: a link is used up, and its person has a passkey and recovery codes."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from safelight.audit.log import record
from safelight.lib.refusals import Refusal
from safelight.lib.tokens import token_hash
from safelight.people.inviting import end_links
from safelight.people.models import Invitation, Person
from safelight.people.passkeys import new_codes, set_passkey
from safelight.people.signed_in import end_all


class LinkEnded(Refusal):
    """Used, too old, ended, never made, or not agreed to yet. All look alike."""

    code = "link_ended"
    status = 404

    def __init__(self) -> None:
        """Say every way on, as the page cannot know which of them it is."""
        super().__init__(
            "This link does not open anything now.",
            remedy="It may be used or too old, or a manager has yet to agree. Ask the practice "
            "manager.",
        )


def link_of(token: str, *, at: datetime) -> Invitation:
    """Return the open invitation behind a token. A way back in is open once a manager agreed."""
    row = _open(at).select_related("person__practice").filter(token_hash=token_hash(token)).first()
    if row is None or (row.person.left_at is not None):
        raise LinkEnded
    return row


@transaction.atomic
def join(
    token: str, *, credential: dict[str, Any], name: str, at: datetime
) -> tuple[Person, list[str]]:
    """Use up a link: its passkey becomes the person's only one. Returns the recovery codes, once.

    The caller checked the passkey against the session's challenge, with the person verified. The
    link is taken by one conditional update, so of two that race exactly one joins. Every sign-in
    and passkey from before ends: whoever lost a factor may have lost it to somebody.
    """
    taken = _open(at).filter(token_hash=token_hash(token)).update(used_at=at)
    if taken != 1:
        raise LinkEnded
    links = Invitation.objects.select_related("person__practice")
    person = links.get(token_hash=token_hash(token)).person
    if person.left_at is not None:
        raise LinkEnded
    end_all(person)
    set_passkey(person, credential, name=name)
    end_links(person, at=at)
    if person.joined_at is None:
        person.joined_at = at
    person.save(update_fields=["joined_at"])
    record("person.joined", practice=person.practice_id, by=person, of=f"person:{person.pk}", at=at)
    return person, new_codes(person, at=at)


def _open(at: datetime) -> QuerySet[Invitation]:
    """Return the links that let somebody join now."""
    agreed = Q(kind=Invitation.Kind.JOIN) | Q(kind=Invitation.Kind.RECOVER, agreed_at__isnull=False)
    return Invitation.objects.filter(agreed, used_at=None, ends_at__gt=at)
