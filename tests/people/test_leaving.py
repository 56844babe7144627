"""Leaving and changing duties: both hold from the next request on."""

from datetime import timedelta

import pytest
from allauth.core.internal.sessionkit import get_session_user
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session

from safelight.audit.models import Entry
from safelight.lib.refusals import BadInput, NotAllowed, NotFound
from safelight.people.changing import change_person, choose_keys
from safelight.people.duties import Act
from safelight.people.duties import may as may_do
from safelight.people.inviting import invite_again
from safelight.people.joining import LinkEnded, join, link_of
from safelight.people.leaving import LastManager, let_leave, let_return
from safelight.people.models import Invitation, Person, Phone
from safelight.people.pairing import CodeEnded, make_code, pair_phone
from safelight.people.phone_keys import unpadded
from safelight.people.sessions import SessionStore
from safelight.policy.models import Practice
from tests.conftest import NOON
from tests.signing_in import PhoneSigner, new_phone, signed_in_client

pytestmark = pytest.mark.django_db


def change(person: Person, *, by: Person, roles: list[str]) -> None:
    change_person(
        person,
        title=person.title,
        given=person.given,
        family=person.family,
        roles=roles,
        supervisor=person.supervisor,
        provider_number="",
        by=by,
        at=NOON,
    )


def test_a_leaver_has_no_duty_session_phone_link_code_or_passkey(ada: Person, mo: Person) -> None:
    client = signed_in_client(ada)
    phone, _ = new_phone(ada.practice, ada)
    practice_phone, _ = new_phone(ada.practice, None)
    Phone.objects.filter(pk=practice_phone.pk).update(signed_out_to=ada)
    Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Desk"})
    link = invite_again(ada, by=mo, at=NOON)
    code = make_code(for_practice=False, by=ada, at=NOON)

    let_leave(ada, by=mo, at=NOON)

    ada.refresh_from_db()
    phone.refresh_from_db()
    practice_phone.refresh_from_db()
    assert not any(may_do(ada, act) for act in Act)
    assert get_session_user(SessionStore(client.session.session_key)) is None
    assert not UserSession.objects.filter(user=ada).exists()
    assert not Session.objects.filter(session_key=client.cookies["session"].value).exists()
    assert not Invitation.objects.filter(person=ada, ends_at__gt=NOON).exists()
    assert phone.state == Phone.State.REVOKED
    assert practice_phone.state == Phone.State.OPEN
    assert practice_phone.signed_out_to is None
    assert not Authenticator.objects.filter(user=ada).exists()
    with pytest.raises(LinkEnded):
        link_of(link.partition("#")[2], at=NOON + timedelta(seconds=1))
    with pytest.raises(CodeEnded):
        pair_phone(
            code=code.code,
            name="",
            model="",
            platform="",
            imei="",
            public_key=unpadded(PhoneSigner().public),
            declared={},
            app_version="",
            at=NOON + timedelta(seconds=1),
        )
    assert Entry.objects.filter(action="person.left", object=f"person:{ada.pk}").exists()


def test_the_last_manager_stays(mo: Person, ada: Person) -> None:
    with pytest.raises(LastManager):
        let_leave(mo, by=mo, at=NOON)
    assert Person.objects.get(pk=mo.pk).is_active


def test_a_manager_who_has_not_joined_does_not_count(mo: Person, may: Person) -> None:
    Person.objects.filter(pk=may.pk).update(joined_at=None)
    with pytest.raises(LastManager):
        let_leave(mo, by=mo, at=NOON)


def test_with_another_manager_one_may_leave(mo: Person, may: Person) -> None:
    let_leave(mo, by=may, at=NOON)
    assert not Person.objects.get(pk=mo.pk).is_active


def test_only_those_who_manage_people_record_a_leaving(
    ada: Person, ben: Person, cy: Person
) -> None:
    with pytest.raises(NotAllowed):
        let_leave(ben, by=ada, at=NOON)


def test_another_practices_person_is_not_found(mo: Person, cy: Person) -> None:
    with pytest.raises(NotFound):
        let_leave(cy, by=mo, at=NOON)


def test_leaving_twice_is_refused(ada: Person, mo: Person) -> None:
    let_leave(ada, by=mo, at=NOON)
    with pytest.raises(NotFound):
        let_leave(ada, by=mo, at=NOON)


def test_changed_duties_are_in_the_row_and_in_the_log(ben: Person, mo: Person) -> None:
    change(ben, by=mo, roles=["RE"])
    assert not may_do(Person.objects.get(pk=ben.pk), Act.PHOTO_FILE)
    assert Entry.objects.filter(action="person.duties_changed").count() == 1


def test_nobody_changes_their_own_duties(mo: Person, may: Person) -> None:
    with pytest.raises(NotAllowed):
        change(mo, by=mo, roles=["M", "P", "GP"])
    change(mo, by=mo, roles=["P", "M"])  # the same duties in another order are no change


def test_nobody_chooses_whose_patients_come_with_their_own_duties(mo: Person, ada: Person) -> None:
    mo.roles = ["M", "RG"]
    mo.save(update_fields=["roles"])
    change(mo, by=mo, roles=["M", "RG"])  # a change of one's name is no change of duties
    names = {"title": "", "given": mo.given, "family": mo.family, "provider_number": ""}
    with pytest.raises(NotAllowed):
        change_person(mo, **names, roles=["M", "RG"], supervisor=ada, by=mo, at=NOON)
    mo.refresh_from_db()
    assert mo.supervisor is None


def test_the_last_manager_keeps_the_duty(mo: Person, ivy: Person) -> None:
    with pytest.raises(LastManager):
        change(mo, by=ivy, roles=["RE"])


def test_it_may_not_raise_somebody_to_a_clinical_duty(
    ivy: Person, rec: Person, ben: Person
) -> None:
    with pytest.raises(NotAllowed):
        change(rec, by=ivy, roles=["RE", "NU"])
    change(ben, by=ivy, roles=["NU", "RE"])  # what they had they keep


def test_a_person_needs_a_duty(ben: Person, mo: Person) -> None:
    with pytest.raises(BadInput):
        change(ben, by=mo, roles=[])


def test_keys_are_ones_own_choice(ben: Person) -> None:
    choose_keys(ben, single_keys=False)
    assert Person.objects.get(pk=ben.pk).single_keys is False


def test_who_left_can_come_back_and_joins_as_if_anew(ada: Person, mo: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    Authenticator.objects.create(user=ada, type="webauthn", data={"name": "Desk"})
    let_leave(ada, by=mo, at=NOON)
    ada.refresh_from_db()
    with pytest.raises(NotFound):
        invite_again(ada, by=mo, at=NOON)

    link = let_return(ada, roles=["NU"], supervisor=None, by=mo, at=NOON)

    ada.refresh_from_db()
    phone.refresh_from_db()
    assert (ada.is_active, ada.left_at, ada.joined_at, ada.roles) == (True, None, None, ["NU"])
    assert not Authenticator.objects.filter(user=ada).exists()
    assert phone.state == Phone.State.REVOKED
    entry = Entry.objects.get(action="person.returned")
    assert (entry.object, entry.actor_id) == (f"person:{ada.pk}", mo.pk)
    join(link.partition("#")[2], credential={}, name="", at=NOON)
    assert may_do(ada, Act.PHOTO_FILE)


def test_coming_back_is_for_who_left_once_and_by_who_may_give_the_duties(
    ada: Person, ben: Person, mo: Person, ivy: Person, cy: Person
) -> None:
    with pytest.raises(NotFound):
        let_return(ada, roles=["GP"], supervisor=None, by=mo, at=NOON)
    let_leave(ada, by=mo, at=NOON)
    with pytest.raises(NotAllowed):
        let_return(ada, roles=["GP"], supervisor=None, by=ben, at=NOON)
    with pytest.raises(NotAllowed):  # letter N: the IT person gives no clinical duty, nor back
        let_return(ada, roles=["GP"], supervisor=None, by=ivy, at=NOON)
    with pytest.raises(BadInput):
        let_return(ada, roles=[], supervisor=None, by=mo, at=NOON)
    assert let_return(ada, roles=["RE"], supervisor=None, by=ivy, at=NOON)
    with pytest.raises(NotFound):
        let_return(ada, roles=["GP"], supervisor=None, by=mo, at=NOON)


def test_a_manager_who_is_back_counts_as_one_only_once_joined(
    mo: Person, practice: Practice
) -> None:
    second = Person.objects.create(
        practice=practice, given="Max", family="Invented", email="max@invented.example",
        roles=["M"], joined_at=NOON,
    )  # fmt: skip
    let_leave(second, by=mo, at=NOON)
    let_return(second, roles=["M"], supervisor=None, by=mo, at=NOON)
    with pytest.raises(LastManager):
        let_leave(mo, by=mo, at=NOON)
