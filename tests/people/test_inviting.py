"""Inviting: a link used once, that only a hash of is kept."""

from datetime import timedelta
from typing import Any

import pytest

from safelight.audit.models import Entry
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.lib.tokens import token_hash
from safelight.people.inviting import EmailTaken, invite_again, invite_person
from safelight.people.models import Invitation, Person
from tests.conftest import NOON

pytestmark = pytest.mark.django_db


def invited(by: Person, **words: Any) -> tuple[Person, str]:
    told: dict[str, Any] = {
        "title": "",
        "given": "Nia",
        "family": "Newcomer",
        "email": "Nia@Newcomer.example",
        "roles": ["NU"],
        "supervisor": None,
        "provider_number": "",
    }
    return invite_person(**{**told, **words}, by=by, at=NOON)


def test_the_link_has_256_bits_in_its_fragment_and_the_database_their_hash(mo: Person) -> None:
    person, link = invited(mo)
    address, _, token = link.partition("#")
    assert address.endswith("/join")
    assert len(token) == 43
    row = Invitation.objects.get(person=person)
    assert bytes(row.token_hash) == token_hash(token)
    assert row.ends_at == NOON + timedelta(hours=72)


def test_inviting_writes_the_log_without_a_name(mo: Person) -> None:
    person, _ = invited(mo)
    entry = Entry.objects.get(action="person.invited")
    assert entry.object == f"person:{person.pk}"
    assert "Nia" not in entry.leaf


def test_who_is_invited_has_no_way_in_yet(mo: Person) -> None:
    person, _ = invited(mo)
    assert person.joined_at is None
    assert not person.has_usable_password()


@pytest.mark.parametrize("who", ["ada", "ben", "reg", "rec"])
def test_only_those_who_manage_people_invite(who: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(NotAllowed):
        invited(request.getfixturevalue(who))
    assert not Person.objects.filter(given="Nia").exists()


def test_it_gives_no_clinical_duty(ivy: Person, mo: Person) -> None:
    with pytest.raises(NotAllowed):
        invited(ivy, roles=["NU"])
    with pytest.raises(NotAllowed):
        invited(ivy, roles=["RE", "GP"])
    person, _ = invited(ivy, roles=["RE"])
    assert person.roles == ["RE"]


@pytest.mark.parametrize("role", ["M", "P"])
def test_it_gives_no_duty_that_opens_records_or_gives_clinical_ones(ivy: Person, role: str) -> None:
    with pytest.raises(NotAllowed):
        invited(ivy, roles=[role])


@pytest.mark.parametrize("who", ["ada", "ben", "reg", "mo"])
def test_it_makes_no_link_to_sign_in_as_somebody_who_opens_records(
    who: str, ivy: Person, rec: Person, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotAllowed):
        invite_again(request.getfixturevalue(who), by=ivy, at=NOON)
    assert not Invitation.objects.exists()
    assert invite_again(rec, by=ivy, at=NOON)


def test_it_that_also_manages_gives_clinical_duties(ivy: Person) -> None:
    ivy.roles = ["IT", "M"]
    person, _ = invited(ivy, roles=["NU"])
    assert person.roles == ["NU"]


@pytest.mark.parametrize("roles", [[], ["ADMIN"], ["NU", "root"]])
def test_duties_come_from_the_table(mo: Person, roles: list[str]) -> None:
    with pytest.raises(BadInput):
        invited(mo, roles=roles)


def test_an_email_signs_in_one_person_only(mo: Person, ada: Person) -> None:
    with pytest.raises(EmailTaken):
        invited(mo, email=ada.email.upper())


def test_a_supervisor_is_a_gp_of_this_practice(
    mo: Person, ada: Person, ben: Person, cy: Person
) -> None:
    person, _ = invited(mo, roles=["RG"], supervisor=ada)
    assert person.supervisor == ada
    with pytest.raises(BadInput):
        invited(mo, email="x@x.example", supervisor=ben)
    with pytest.raises(NotFound):
        invited(mo, email="x@x.example", supervisor=cy)


def test_a_new_link_ends_the_older_one(mo: Person) -> None:
    person, _ = invited(mo)
    invite_again(person, by=mo, at=NOON + timedelta(hours=1))
    rows = Invitation.objects.filter(person=person, ends_at__gt=NOON + timedelta(hours=1))
    assert rows.count() == 1


def test_nobody_invites_themselves_or_another_practice(mo: Person, cy: Person) -> None:
    with pytest.raises(NotAllowed):
        invite_again(mo, by=mo, at=NOON)
    with pytest.raises(NotFound):
        invite_again(cy, by=mo, at=NOON)
