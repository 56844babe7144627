"""Inviting: a link, used once, by which somebody becomes a person of the practice."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotAllowed, NotFound, Refusal
from safelight.lib.tokens import new_token, token_hash
from safelight.people.duties import (
    GRANTS,
    Act,
    letters_of,
    may,
    require_duty,
    role_names,
)
from safelight.people.models import Invitation, Person
from safelight.people.rules import LINK_HOURS


class EmailTaken(Refusal):
    """The sign-in e-mail already belongs to somebody here or elsewhere on this server."""

    code = "email_taken"

    def __init__(self) -> None:
        """Say what to do; it does not say whose it is."""
        super().__init__(
            "That e-mail is already used to sign in. Nobody was invited.",
            remedy="If they worked here before, open them in the list, under “Have left”, and say "
            "that they work here again.",
        )


def make_link(
    person: Person, kind: Invitation.Kind, *, by: Person | None, at: datetime, hours: float
) -> str:
    """Make a link used once. The token stands in the fragment, which browsers never send."""
    token = new_token()
    Invitation.objects.create(
        person=person,
        kind=kind,
        token_hash=token_hash(token),
        made_by=by.pk if by else None,
        made_at=at,
        ends_at=at + timedelta(hours=hours),
    )
    return f"{settings.SAFELIGHT_ORIGIN}/join#{token}"


@transaction.atomic
def invite_person(
    *,
    title: str,
    given: str,
    family: str,
    email: str,
    roles: Sequence[str],
    supervisor: Person | None,
    provider_number: str,
    by: Person,
    at: datetime,
) -> tuple[Person, str]:
    """Add a person who has not joined yet, and return their link. It ends after 72 hours.

    The link is shown once to whoever invites; only a hash of it is kept.
    """
    require_duty(by, Act.PEOPLE_MANAGE)
    checked = checked_roles(roles, before=(), by=by)
    email = checked_email(email)
    if not given.strip() or not family.strip():
        raise BadInput("A person needs a given and a family name.")
    if Person.objects.filter(email__iexact=email).exists():
        raise EmailTaken
    person = Person(
        practice=by.practice,
        title=title.strip(),
        given=given.strip(),
        family=family.strip(),
        email=email,
        roles=checked,
        supervisor=checked_supervisor(supervisor, by=by),
        provider_number=provider_number.strip(),
    )
    person.set_unusable_password()
    person.save(force_insert=True)
    link = make_link(person, Invitation.Kind.JOIN, by=by, at=at, hours=LINK_HOURS)
    record("person.invited", practice=by.practice_id, by=by, of=f"person:{person.pk}", at=at)
    return person, link


@transaction.atomic
def invite_again(person: Person, *, by: Person | None, at: datetime) -> str:
    """Make a fresh link and end the older ones: for a late joiner, or a lost passkey.

    Joining with it replaces every passkey and ends every sign-in. Whoever left is first let return
    (leaving.py). `by=None` is the server's own first manager, made on the command line.
    """
    if by is not None:
        require_duty(by, Act.PEOPLE_MANAGE)
        if person.practice_id != by.practice_id or person.left_at is not None:
            raise NotFound
        if person.pk == by.pk:
            raise NotAllowed("You cannot invite yourself.", remedy="Ask another manager.")
        _require_gives(person.roles, by=by)  # whoever holds the link signs in with these duties
    end_links(person, at=at)
    link = make_link(person, Invitation.Kind.JOIN, by=by, at=at, hours=LINK_HOURS)
    record("person.invited", practice=person.practice_id, by=by, of=f"person:{person.pk}", at=at)
    return link


def end_links(person: Person, *, at: datetime) -> None:
    """End every link of a person that was not used yet."""
    Invitation.objects.filter(person=person, used_at=None, ends_at__gt=at).update(ends_at=at)


def checked_email(email: str) -> str:
    """Return an e-mail in the one form that is kept."""
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise BadInput("That does not look like an e-mail address.") from error
    return email


def checked_roles(roles: Sequence[str], *, before: Sequence[str], by: Person) -> list[str]:
    """Return known roles in the table's order; whoever may give no clinical role adds none."""
    names = role_names()
    if not roles or any(role not in names for role in roles):
        raise BadInput("Choose at least one of the duties in the list.")
    _require_gives(set(roles) - set(before), by=by)
    return [role for role in names if role in roles]


def _require_gives(roles: Collection[str], *, by: Person) -> None:
    if not gives_all_of(by, roles):
        raise NotAllowed(
            "Not done. Duties that open records, or give such duties, are not yours to give.",
            remedy="Ask the manager or the privacy officer.",
        )


def gives_all_of(person: Person, roles: Collection[str]) -> bool:
    """Say whether a person may give these roles, or a link by which somebody signs in with them.

    Letter N gives none that opens records, in care or past its walls, nor one that gives those.
    """
    return gives_clinical(person.roles) or not any(map(_opens_or_gives, roles))


def _opens_or_gives(role: str) -> bool:
    opens = letters_of(role, Act.PHOTO_VIEW) | letters_of(role, Act.PHOTO_VIEW_WALLED)
    return bool(opens) or gives_clinical([role])


def gives_clinical(roles: Sequence[str]) -> bool:
    """Say whether one of these roles manages people without the letter N."""
    rows = (letters_of(role, Act.PEOPLE_MANAGE) for role in roles)
    return any(row & GRANTS and "N" not in row for row in rows)


def checked_supervisor(supervisor: Person | None, *, by: Person) -> Person | None:
    """Return the supervisor if they are a GP of the same practice who is still there."""
    if supervisor is None:
        return None
    if supervisor.practice_id != by.practice_id or not supervisor.is_active:
        raise NotFound
    if not may(supervisor, Act.PEOPLE_SUPERVISE):
        raise BadInput("A supervisor is a GP of this practice.")
    return supervisor
