"""People on the desk: who may, what it shows, and what each button does."""

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from safelight.lib.clock import now
from safelight.people.inviting import invite_again
from safelight.people.joining import join
from safelight.people.models import Invitation, Person
from safelight.people.recovering import ask_back_in
from tests.signing_in import signed_in_client

pytestmark = pytest.mark.django_db

NEW = {"given": "Nia", "family": "Newcomer", "email": "nia@newcomer.example", "roles": ["NU"]}


@pytest.mark.parametrize(("who", "status"), [("mo", 200), ("ivy", 200), ("ada", 403), ("rec", 403)])
def test_the_list_is_for_those_who_manage(
    who: str, status: int, request: pytest.FixtureRequest
) -> None:
    client = signed_in_client(request.getfixturevalue(who))
    assert client.get("/people").status_code == status


def test_the_list_shows_this_practice_only(mo: Person, ada: Person, cy: Person) -> None:
    page = signed_in_client(mo).get("/people").content.decode()
    assert ada.name in page
    assert cy.name not in page


def test_another_practices_person_is_not_found(mo: Person, cy: Person) -> None:
    client = signed_in_client(mo)
    for path in ("", "/edit", "/leave", "/let-in"):
        assert client.get(f"/people/{cy.pk}{path}").status_code == 404
    assert client.post(f"/people/{cy.pk}/invite-again").status_code == 404


def test_inviting_asks_for_a_step_up_first(mo: Person, ada: Person) -> None:
    client = signed_in_client(mo, stepped_up=False)
    for path in ("/people/invite", f"/people/{ada.pk}/edit", f"/people/{ada.pk}/leave"):
        assert client.get(path).headers["Location"].startswith("/step-up")
        assert client.post(path, NEW).headers["Location"].startswith("/step-up")
    assert not Person.objects.filter(given="Nia").exists()


def test_an_invitations_link_is_shown_once(mo: Person) -> None:
    client = signed_in_client(mo)
    page = client.post("/people/invite", NEW).content.decode()
    token = page.partition("/join#")[2][:43]
    assert Invitation.objects.count() == 1
    person = Person.objects.get(given="Nia")
    assert token not in client.get(f"/people/{person.pk}").content.decode()
    assert token not in client.get("/people").content.decode()


def test_it_is_offered_a_new_link_only_for_those_it_may_let_in(
    ivy: Person, ada: Person, rec: Person
) -> None:
    client = signed_in_client(ivy)
    assert "Make a new link" in client.get(f"/people/{rec.pk}").content.decode()
    assert "Make a new link" not in client.get(f"/people/{ada.pk}").content.decode()
    refused = client.post(f"/people/{ada.pk}/invite-again")
    assert refused.status_code == 403
    assert "/join#" not in refused.content.decode()
    assert "Ask the manager or the privacy officer." in refused.content.decode()


def test_a_wrong_form_says_what_is_wrong(mo: Person) -> None:
    page = signed_in_client(mo).post("/people/invite", {**NEW, "email": "x", "roles": []})
    assert page.status_code == 200
    assert page.content.decode().count('class="problem"') == 2
    assert "Choose at least one." in page.content.decode()


def test_a_taken_email_is_refused_on_a_page(mo: Person, ada: Person) -> None:
    answer = signed_in_client(mo).post("/people/invite", {**NEW, "email": ada.email})
    assert answer.status_code == 409
    assert ada.name not in answer.content.decode()


def test_duties_are_changed(mo: Person, ben: Person) -> None:
    told = {"given": "Ben", "family": "Placeholder", "roles": ["RE"], "is_active": "", "email": "z"}
    assert signed_in_client(mo).post(f"/people/{ben.pk}/edit", told).status_code == 302
    before = ben.email
    ben.refresh_from_db()
    assert ben.roles == ["RE"]
    assert ben.email == before, "a field that the form does not have was taken"


def test_somebody_leaves(mo: Person, ben: Person) -> None:
    theirs, client = signed_in_client(ben), signed_in_client(mo)
    assert "has left" in client.get(f"/people/{ben.pk}/leave").content.decode()
    client.post(f"/people/{ben.pk}/leave")
    assert theirs.get("/me").status_code == 303
    assert "left" in client.get(f"/people/{ben.pk}").content.decode()


def test_who_left_comes_back_with_duties_chosen_anew(mo: Person, ben: Person) -> None:
    client = signed_in_client(mo)
    assert client.get(f"/people/{ben.pk}/return").status_code == 404
    client.post(f"/people/{ben.pk}/leave")
    assert f"/people/{ben.pk}/return" in client.get(f"/people/{ben.pk}").content.decode()
    page = client.get(f"/people/{ben.pk}/return").content.decode()
    assert "Duties before: Nurse" in page
    assert "checked" not in page
    unsaid = client.post(f"/people/{ben.pk}/return", {"supervisor": ""})
    assert "Choose at least one" in unsaid.content.decode()
    told = client.post(f"/people/{ben.pk}/return", {"roles": ["RE"]}).content.decode()
    assert "/join#" in told
    ben.refresh_from_db()
    assert (ben.roles, ben.left_at) == (["RE"], None)
    taken = client.post("/people/invite", {**NEW, "email": ben.email}).content.decode()
    assert "say that they work here again" in taken


def test_a_managers_page_lists_and_ends_sign_ins(mo: Person, ben: Person) -> None:
    theirs, client = signed_in_client(ben), signed_in_client(mo)
    row = UserSession.objects.get(user=ben)
    assert "on Linux" in client.get(f"/people/{ben.pk}").content.decode()
    client.post(f"/people/{ben.pk}/screens/{row.pk}/end")
    assert theirs.get("/me").status_code == 303


def test_a_list_of_many_people_asks_the_database_no_more_than_one_of_two(
    mo: Person, ada: Person, ben: Person
) -> None:
    client, asked = signed_in_client(mo), []
    for here in (False, True):
        Person.objects.exclude(pk=mo.pk).update(left_at=None if here else now())
        for given in ("Al", "Bo", "Di") if here else ():
            words = {"practice": mo.practice, "family": "Specimen", "joined_at": now()}
            Person.objects.create(given=given, email=f"{given}@people.example", **words)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/people").status_code == 200
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_somebody_who_lost_their_passkey_is_let_back_in(mo: Person, ben: Person) -> None:
    at = now()
    link = invite_again(ben, by=mo, at=at).partition("#")[2]
    codes = join(link, credential={}, name="", at=at)[1]
    ask_back_in(email=ben.email, code=codes[0], at=at)
    client = signed_in_client(mo)
    assert "Asks to be let back in" in client.get("/people").content.decode()
    assert "speak with" in client.get(f"/people/{ben.pk}/let-in").content.decode()
    assert client.post(f"/people/{ben.pk}/let-in").status_code == 302
    assert client.post(f"/people/{ben.pk}/let-in").status_code == 404


def test_who_is_not_signed_in_sees_nothing(mo: Person) -> None:
    for path in ("/people", "/people/invite", f"/people/{mo.pk}", "/me", "/phones", "/phones/add"):
        answer = Client().get(path)
        assert answer.status_code == 303
        assert answer.headers["Location"].startswith("/sign-in?next=")


def test_reading_changes_nothing(mo: Person, ben: Person) -> None:
    client = signed_in_client(mo)
    before = list(Person.objects.values()), list(Invitation.objects.values())
    for path in ("", "/invite", f"/{ben.pk}", f"/{ben.pk}/edit", f"/{ben.pk}/leave"):
        for _ in range(2):
            assert client.get(f"/people{path}").status_code == 200
    assert client.get(f"/people/{ben.pk}/invite-again").status_code == 405
    assert before == (list(Person.objects.values()), list(Invitation.objects.values()))
