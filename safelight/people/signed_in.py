"""Screens somebody is signed in on: beginning, listing and ending them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib import auth
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest

from safelight.audit.log import record
from safelight.lib.refusals import NotFound
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person, Phone
from safelight.people.sessions import BEGAN, SEEN

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PHONE = "phone"
DEMO_LINK = "demo_link"


@dataclass(frozen=True, slots=True)
class Screen:
    """One place where a person is signed in, as a page lists it."""

    id: int
    browser: str
    address: str
    since: datetime
    seen_at: datetime
    phone: str
    is_this: bool


def begin(request: HttpRequest, person: Person) -> None:
    """Sign a person in on this screen under a fresh session key (ASVS 7.2.4).

    The caller proved who it is: a passkey, a pairing code of their own, or a demo link.
    """
    for name in (BEGAN, SEEN, PHONE, DEMO_LINK):
        request.session.pop(name, None)
    auth.login(request, person, backend=BACKEND)
    request.session.cycle_key()
    UserSession.objects.create_from_request(request)


def renew_key(session: SessionBase) -> None:
    """Give the session a new key after a step-up, and keep it in the person's list."""
    old = session.session_key
    session.cycle_key()
    UserSession.objects.filter(session_key=old).update(session_key=session.session_key)


def bind_to_phone(session: SessionBase, phone: Phone) -> None:
    """Note that this session is used on a phone, so that stopping the phone ends it too."""
    session[PHONE] = str(phone.pk)
    rows = UserSession.objects.filter(session_key=session.session_key)
    rows.update(data={PHONE: str(phone.pk)})


def screens_of(person: Person, *, this: str | None = None) -> list[Screen]:
    """List where a person is signed in, newest first. What ended is dropped on the way."""
    alive = UserSession.objects.purge_and_list(person)
    stored = Session.objects.filter(session_key__in=[row.session_key for row in alive])
    seen = {row.session_key: row.get_decoded().get(SEEN) for row in stored}
    phones = {str(phone.pk): phone.name for phone in Phone.objects.filter(practice=person.practice)}
    found = [
        Screen(
            id=row.pk,
            browser=browser_words(row.user_agent),
            address=str(row.ip),
            since=row.created_at,
            seen_at=_time(seen.get(row.session_key)) or row.last_seen_at,
            phone=phones.get(str(row.data.get(PHONE, "")), ""),
            is_this=row.session_key == this,
        )
        for row in alive
    ]
    return sorted(found, key=lambda screen: screen.since, reverse=True)


@transaction.atomic
def end_screen(person: Person, screen: int, *, by: Person, at: datetime) -> None:
    """End one of a person's sign-ins; its next request is nobody's. Own ones, or as a manager."""
    if by.pk != person.pk:
        require_duty(by, Act.PEOPLE_MANAGE)
    row = UserSession.objects.filter(user=person, pk=screen).first()
    if row is None or person.practice_id != by.practice_id:
        raise NotFound
    row.end()
    record("session.ended", practice=person.practice_id, by=by, of=f"person:{person.pk}", at=at)


@transaction.atomic
def end_others(person: Person, *, keep: str, at: datetime) -> int:
    """End one's own sign-ins on every other screen."""
    rows = list(UserSession.objects.filter(user=person).exclude(session_key=keep))
    for row in rows:
        row.end()
        record(
            "session.ended", practice=person.practice_id, by=person, of=f"person:{person.pk}", at=at
        )
    return len(rows)


def end_all(person: Person) -> None:
    """End every sign-in of a person, whatever list it is in.

    A new unusable password changes the mark that every session of theirs must carry, so a session
    that escaped the list is refused as well.
    """
    for row in UserSession.objects.filter(user=person):
        row.end()
    person.set_unusable_password()
    person.save(update_fields=["password"])


def end_on_phone(phone: UUID, *, but: Person | None = None) -> int:
    """End every sign-in that was used on a phone; `but` keeps one person's."""
    ended = 0
    for row in UserSession.objects.filter(data__phone=str(phone)).exclude(user=but):
        row.end()
        ended += 1
    return ended


def _time(stamp: float | None) -> datetime | None:
    return None if stamp is None else datetime.fromtimestamp(stamp, UTC)


def browser_words(agent: str) -> str:
    """Return what a page calls a browser: the two words a person knows it by."""
    kinds = (("Edg", "Edge"), ("Firefox", "Firefox"), ("Chrome", "Chrome"), ("Safari", "Safari"))
    places = (
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "Mac"),
        ("Linux", "Linux"),
    )
    kind = next((name for mark, name in kinds if mark in agent), "A browser")
    place = next((name for mark, name in places if mark in agent), "")
    return f"{kind} on {place}" if place else kind
