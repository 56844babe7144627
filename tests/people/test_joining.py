"""Joining and coming back: used once, and a lost factor needs a person."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from safelight.audit.models import Entry
from safelight.lib.refusals import NotAllowed, NotFound
from safelight.people.inviting import invite_again
from safelight.people.joining import LinkEnded, join, link_of
from safelight.people.models import Person
from safelight.people.passkeys import LastPasskey, codes_left, new_codes, remove_passkey, use_code
from safelight.people.recovering import agree, ask_back_in, waiting_for
from tests.conftest import NOON
from tests.signing_in import signed_in_client

pytestmark = pytest.mark.django_db

CREDENTIAL: dict[str, Any] = {"id": "a passkey that the caller has checked"}


def token(link: str) -> str:
    return link.partition("#")[2]


def joined(person: Person, by: Person) -> list[str]:
    link = invite_again(person, by=by, at=NOON)
    return join(token(link), credential=CREDENTIAL, name="Desk", at=NOON)[1]


def passkeys(person: Person) -> list[str]:
    rows = Authenticator.objects.filter(user=person, type="webauthn")
    return [row.data["name"] for row in rows]


def test_a_link_joins_once(ben: Person, mo: Person) -> None:
    link = token(invite_again(ben, by=mo, at=NOON))
    person, codes = join(link, credential=CREDENTIAL, name="Desk", at=NOON)
    assert person == ben
    assert len(set(codes)) == 10
    assert passkeys(ben) == ["Desk"]
    with pytest.raises(LinkEnded):
        join(link, credential=CREDENTIAL, name="Thief", at=NOON)
    assert passkeys(ben) == ["Desk"]


def test_a_link_ends_after_72_hours(ben: Person, mo: Person) -> None:
    link = token(invite_again(ben, by=mo, at=NOON))
    assert link_of(link, at=NOON + timedelta(hours=71, minutes=59))
    with pytest.raises(LinkEnded):
        link_of(link, at=NOON + timedelta(hours=72))


@pytest.mark.parametrize("wrong", ["", "x", "A" * 43])
def test_a_token_never_made_looks_like_one_used_up(ben: Person, mo: Person, wrong: str) -> None:
    link = token(invite_again(ben, by=mo, at=NOON))
    join(link, credential=CREDENTIAL, name="", at=NOON)
    with pytest.raises(LinkEnded) as used:
        link_of(link, at=NOON)
    with pytest.raises(LinkEnded) as never:
        link_of(wrong, at=NOON)
    assert str(used.value) == str(never.value)


def test_joining_again_ends_every_passkey_and_session_from_before(ben: Person, mo: Person) -> None:
    joined(ben, mo)
    signed_in_client(ben)
    old_codes = joined(ben, mo)
    new = joined(ben, mo)
    assert passkeys(ben) == ["Desk"]
    assert not UserSession.objects.filter(user=ben).exists()
    assert not use_code(ben, old_codes[0])
    assert use_code(ben, new[0])


def test_joining_is_in_the_log(ben: Person, mo: Person) -> None:
    joined(ben, mo)
    assert Entry.objects.filter(action="person.joined", object=f"person:{ben.pk}").exists()


# Recovery


def test_a_code_alone_opens_nothing_until_a_manager_agrees(ben: Person, mo: Person) -> None:
    codes = joined(ben, mo)
    link = ask_back_in(email=ben.email.upper(), code=f"{codes[3][:5]} {codes[3][5:]}", at=NOON)
    with pytest.raises(LinkEnded):
        link_of(link, at=NOON)
    with pytest.raises(LinkEnded):
        join(link, credential=CREDENTIAL, name="", at=NOON)
    assert waiting_for(ben, at=NOON)
    agree(ben, by=mo, at=NOON)
    assert join(link, credential=CREDENTIAL, name="New", at=NOON)[0] == ben
    assert passkeys(ben) == ["New"]


def test_a_code_works_once(ben: Person, mo: Person) -> None:
    codes = joined(ben, mo)
    assert codes_left(ben) == 10
    assert use_code(ben, codes[0])
    assert not use_code(ben, codes[0])
    assert codes_left(ben) == 9


def test_a_wrong_code_or_an_unknown_email_gets_a_token_that_opens_nothing(
    ben: Person, mo: Person
) -> None:
    joined(ben, mo)
    for email, code in (
        (ben.email, "0000000000"),
        (ben.email, ""),
        ("nobody@nowhere.example", "0000000000"),
    ):
        made = ask_back_in(email=email, code=code, at=NOON)
        assert len(made) == 43
        with pytest.raises(LinkEnded):
            link_of(made, at=NOON)
    assert waiting_for(ben, at=NOON) is None
    with pytest.raises(NotFound):
        agree(ben, by=mo, at=NOON)


def test_nobody_lets_themselves_back_in(mo: Person, may: Person) -> None:
    codes = joined(mo, may)
    ask_back_in(email=mo.email, code=codes[0], at=NOON)
    with pytest.raises(NotAllowed):
        agree(mo, by=mo, at=NOON)
    agree(mo, by=may, at=NOON)


def test_only_those_who_manage_people_let_somebody_back_in(
    ben: Person, ada: Person, mo: Person, cy: Person
) -> None:
    codes = joined(ben, mo)
    ask_back_in(email=ben.email, code=codes[0], at=NOON)
    with pytest.raises(NotAllowed):
        agree(ben, by=ada, at=NOON)
    cy.roles = ["M"]
    with pytest.raises(NotFound):
        agree(ben, by=cy, at=NOON)


def test_a_second_request_ends_the_first(ben: Person, mo: Person) -> None:
    codes = joined(ben, mo)
    first = ask_back_in(email=ben.email, code=codes[0], at=NOON)
    second = ask_back_in(email=ben.email, code=codes[1], at=NOON + timedelta(minutes=1))
    agree(ben, by=mo, at=NOON + timedelta(minutes=2))
    with pytest.raises(LinkEnded):
        link_of(first, at=NOON + timedelta(minutes=3))
    assert link_of(second, at=NOON + timedelta(minutes=3))


def test_a_leaver_is_not_let_back_in_by_a_code(ben: Person, mo: Person) -> None:
    codes = joined(ben, mo)
    Person.objects.filter(pk=ben.pk).update(is_active=False, left_at=NOON)
    ask_back_in(email=ben.email, code=codes[0], at=NOON)
    assert waiting_for(ben, at=NOON) is None


# Codes and passkeys


def test_the_seed_of_the_codes_is_sealed(ben: Person, mo: Person) -> None:
    joined(ben, mo)
    row = Authenticator.objects.get(user=ben, type="recovery_codes")
    assert len(row.data["seed"]) > 80
    assert not all(sign in "0123456789abcdef" for sign in row.data["seed"])


def test_new_codes_end_the_old_ones(ben: Person, mo: Person) -> None:
    old = joined(ben, mo)
    fresh = new_codes(ben, at=NOON)
    assert not set(old) & set(fresh)
    assert not use_code(ben, old[0])


def test_the_last_passkey_stays_and_so_do_other_peoples(ben: Person, mo: Person) -> None:
    joined(ben, mo)
    only = Authenticator.objects.get(user=ben, type="webauthn")
    with pytest.raises(LastPasskey):
        remove_passkey(ben, only.pk, by=ben, at=NOON)
    Authenticator.objects.create(user=ben, type="webauthn", data={"name": "Second"})
    with pytest.raises(NotFound):
        remove_passkey(ben, only.pk, by=mo, at=NOON)
    with pytest.raises(NotFound):
        remove_passkey(mo, only.pk, by=mo, at=NOON)
    remove_passkey(ben, only.pk, by=ben, at=NOON)
    assert passkeys(ben) == ["Second"]
