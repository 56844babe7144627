"""Sessions: ten minutes idle, twelve hours in all, on whatever channel they are loaded."""

from datetime import timedelta

import pytest
from allauth.core.internal.sessionkit import get_session_user
from allauth.usersessions.models import UserSession
from asgiref.sync import async_to_sync
from freezegun import freeze_time

from safelight.lib.refusals import NotAllowed, NotFound
from safelight.people.models import Person
from safelight.people.sessions import SessionStore
from safelight.people.signed_in import browser_words, end_all, end_others, end_screen, screens_of
from tests.conftest import NOON
from tests.signing_in import signed_in_client

pytestmark = pytest.mark.django_db


def is_in(key: str | None) -> bool:
    """Load a session as any channel does, save what it noted, and say whether somebody is in it."""
    store = SessionStore(key)
    found = get_session_user(store) is not None
    if store.modified and found:
        store.save()
    return found


def test_ten_minutes_alone_end_a_session(ada: Person) -> None:
    with freeze_time(NOON) as clock:
        key = signed_in_client(ada).session.session_key
        assert is_in(key)
        clock.tick(timedelta(minutes=9, seconds=59))
        assert is_in(key)
        clock.tick(timedelta(minutes=10))
        assert not is_in(key)
        clock.tick(timedelta(minutes=-10))
        assert not is_in(key), "an ended session came back"


def test_twelve_hours_end_a_busy_session(ada: Person) -> None:
    with freeze_time(NOON) as clock:
        key = signed_in_client(ada).session.session_key
        for _ in range(143):
            assert is_in(key)
            clock.tick(timedelta(minutes=5))
        assert is_in(key)
        clock.tick(timedelta(minutes=5))
        assert not is_in(key)


def test_a_session_nobody_signed_in_to_is_left_alone() -> None:
    with freeze_time(NOON) as clock:
        store = SessionStore()
        store["challenge"] = "x"
        store.save()
        clock.tick(timedelta(minutes=30))
        assert SessionStore(store.session_key).get("challenge") == "x"


@pytest.mark.django_db(transaction=True)
def test_the_async_way_keeps_the_same_limits(ada: Person) -> None:
    async def who(key: str | None) -> str | None:
        found: str | None = await SessionStore(key).aget("_auth_user_id")
        return found

    with freeze_time(NOON) as clock:
        key = signed_in_client(ada).session.session_key
        assert async_to_sync(who)(key) == str(ada.pk)
        clock.tick(timedelta(hours=13))
        assert async_to_sync(who)(key) is None


def test_screens_are_listed_and_ended_by_their_person(ada: Person) -> None:
    first, second = signed_in_client(ada), signed_in_client(ada)
    key = second.session.session_key
    found = screens_of(ada, this=key)
    assert len(found) == 2
    other = next(row for row in found if not row.is_this)
    end_screen(ada, other.id, by=ada, at=NOON)
    assert not is_in(first.session.session_key)
    assert is_in(key)


def test_a_manager_ends_anothers_screen_and_a_colleague_does_not(
    ada: Person, ben: Person, mo: Person, cy: Person
) -> None:
    client = signed_in_client(ada)
    screen = screens_of(ada)[0].id
    with pytest.raises(NotAllowed):
        end_screen(ada, screen, by=ben, at=NOON)
    with pytest.raises(NotFound):
        end_screen(mo, screen, by=mo, at=NOON)
    end_screen(ada, screen, by=mo, at=NOON)
    assert not is_in(client.session.session_key)


def test_another_practices_manager_ends_nothing(ada: Person, cy: Person) -> None:
    signed_in_client(ada)
    cy.roles = ["M"]
    with pytest.raises(NotFound):
        end_screen(ada, screens_of(ada)[0].id, by=cy, at=NOON)


def test_everywhere_else_ends_all_but_this(ada: Person) -> None:
    clients = [signed_in_client(ada) for _ in range(3)]
    key = clients[0].session.session_key or ""
    assert end_others(ada, keep=key, at=NOON) == 2
    assert [is_in(client.session.session_key) for client in clients] == [True, False, False]


def test_ending_all_reaches_a_session_that_no_list_has(ada: Person) -> None:
    client = signed_in_client(ada)
    UserSession.objects.all().delete()
    end_all(ada)
    assert not is_in(client.session.session_key)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit Chrome/137 Safari Edg/137", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18) Version/18 Safari", "Safari on iPhone"),
        ("curl/8", "A browser"),
    ],
)
def test_a_browser_is_named_as_people_know_it(agent: str, words: str) -> None:
    assert browser_words(agent) == words
