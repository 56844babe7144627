"""Me: my sign-ins, passkeys, codes and keys, and nobody else's."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from safelight.people.models import Person
from tests.signing_in import signed_in_client

pytestmark = pytest.mark.django_db


def test_my_page_lists_where_i_am_signed_in(ada: Person) -> None:
    signed_in_client(ada)
    page = signed_in_client(ada).get("/me").content.decode()
    assert "You are signed in on 2 screens." in page
    assert page.count("This one") == 1


def test_i_sign_out_elsewhere(ada: Person) -> None:
    other, here = signed_in_client(ada), signed_in_client(ada)
    here.post("/me/screens/end-others")
    assert other.get("/me").status_code == 303
    assert here.get("/me").status_code == 200


def test_i_cannot_end_anothers_sign_in(ada: Person, ben: Person) -> None:
    theirs = signed_in_client(ben)
    row = UserSession.objects.get(user=ben)
    assert signed_in_client(ada).post(f"/me/screens/{row.pk}/end").status_code == 404
    assert theirs.get("/me").status_code == 200


def test_i_sign_out_here(ada: Person) -> None:
    client = signed_in_client(ada)
    row = UserSession.objects.get(user=ada)
    client.post(f"/me/screens/{row.pk}/end")
    assert client.get("/me").status_code == 303


def test_what_touches_my_ways_in_asks_for_a_step_up(ada: Person) -> None:
    client = signed_in_client(ada, stepped_up=False)
    for path in ("/me/codes", "/me/passkeys/add"):
        assert client.get(path).headers["Location"].startswith("/step-up")
    for path in ("/me/codes/new", "/me/passkeys/1/remove"):
        assert client.post(path).headers["Location"].startswith("/step-up")
    assert not Authenticator.objects.exists()


def test_new_codes_are_shown_once_and_never_by_looking(ada: Person) -> None:
    client = signed_in_client(ada)
    assert "Make new recovery codes?" in client.get("/me/codes").content.decode()
    assert not Authenticator.objects.exists()
    page = client.post("/me/codes/new").content.decode()
    assert page.count("<li>") >= 10
    assert "10 unused" in client.get("/me").content.decode()


def test_removing_a_passkey_ends_my_other_sign_ins(ada: Person) -> None:
    for name in ("Desk", "Old phone"):
        Authenticator.objects.create(user=ada, type="webauthn", data={"name": name})
    other, here = signed_in_client(ada), signed_in_client(ada)
    old = Authenticator.objects.get(data__name="Old phone")
    assert here.post(f"/me/passkeys/{old.pk}/remove").status_code == 302
    assert "Old phone" not in here.get("/me").content.decode()
    assert other.get("/me").status_code == 303
    last = Authenticator.objects.get()
    assert here.post(f"/me/passkeys/{last.pk}/remove").status_code == 409


def test_single_letter_keys_are_turned_off(ada: Person) -> None:
    client = signed_in_client(ada)
    client.post("/me/keys", {})
    ada.refresh_from_db()
    assert ada.single_keys is False
    client.post("/me/keys", {"single_keys": "on"})
    ada.refresh_from_db()
    assert ada.single_keys is True
