"""Signing in, stepping up and joining over HTTP, with a device that can be told to cheat."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client
from freezegun import freeze_time

from safelight.audit.models import Entry
from safelight.lib.clock import now
from safelight.lib.ids import new_id
from safelight.lib.refusals import NotAllowed
from safelight.people.demo_links import make_sign_in_link
from safelight.people.inviting import invite_again
from safelight.people.leaving import let_leave
from safelight.people.models import Person
from safelight.policy.models import Practice
from tests.signing_in import signed_in_client
from tests.web.door.authenticator import (
    BASE,
    Authenticator,
    confirm,
    join,
    post,
    sign_in,
)

pytestmark = pytest.mark.django_db


def joined(person: Person, by: Person) -> Authenticator:
    device = Authenticator()
    answer = join(Client(), invite_again(person, by=by, at=now()), device)
    assert answer.status_code == 200, answer.content
    return device


def is_in(client: Client) -> bool:
    return client.get("/me").status_code == 200


# Joining


def test_joining_signs_in_and_shows_ten_codes_once(ben: Person, mo: Person) -> None:
    client = Client()
    link = invite_again(ben, by=mo, at=now())
    answer = join(client, link, Authenticator())
    assert len(answer.json()["codes"]) == 10
    assert is_in(client)
    assert join(Client(), link, Authenticator()).status_code == 404


def test_opening_a_link_or_its_page_uses_nothing_up(ben: Person, mo: Person) -> None:
    link = invite_again(ben, by=mo, at=now())
    token = link.partition("#")[2]
    for _ in range(3):
        assert Client().get("/join").status_code == 200
        assert post(Client(), "/join/open", {"token": token}).json()["name"] == ben.name
    assert join(Client(), link, Authenticator()).status_code == 200


def test_a_passkey_made_without_finger_or_pin_is_refused(ben: Person, mo: Person) -> None:
    link = invite_again(ben, by=mo, at=now())
    answer = join(Client(), link, Authenticator(verifies=False))
    assert (answer.status_code, answer.json()["code"]) == (400, "passkey_refused")
    assert join(Client(), link, Authenticator()).status_code == 200, "the link was used up"


def test_a_passkey_for_another_site_is_refused(ben: Person, mo: Person) -> None:
    link = invite_again(ben, by=mo, at=now())
    device = Authenticator(relying_party="evil.example")
    assert join(Client(), link, device).status_code == 400


def test_a_passkey_cannot_be_made_from_another_sessions_challenge(ben: Person, mo: Person) -> None:
    token = invite_again(ben, by=mo, at=now()).partition("#")[2]
    options = post(Client(), "/join/open", {"token": token}).json()["options"]
    other = Client()
    post(other, "/join/open", {"token": token})
    told = {"token": token, "credential": Authenticator().make(options), "name": ""}
    assert post(other, "/join/finish", told).status_code == 400


@pytest.mark.parametrize("told", ["x", [], {"token": 7}, {"token": "t", "credential": "c"}])
def test_nonsense_is_refused_plainly(db: None, told: Any) -> None:
    assert post(Client(), "/join/finish", told).status_code in (400, 404)


def test_joining_over_and_over_is_limited(ben: Person, mo: Person) -> None:
    answers = [post(Client(), "/join/open", {"token": "x"}).status_code for _ in range(12)]
    assert answers == [404] * 10 + [429] * 2


# Signing in


def test_signing_in_gives_a_new_session_key(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    client.get(BASE + "auth/webauthn/login")
    before = client.session.session_key
    assert sign_in(client, device).status_code == 200
    assert is_in(client)
    assert client.session.session_key != before
    old = Client()
    old.cookies["session"] = before or ""
    assert not is_in(old)


def test_an_assertion_without_finger_or_pin_is_refused(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    device.verifies = False
    assert sign_in(client, device).status_code == 400
    assert not is_in(client)


def test_a_step_up_without_finger_or_pin_is_refused(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    sign_in(client, device)
    device.verifies = False
    assert confirm(client, device).status_code == 400
    assert client.get("/me/codes").status_code == 303


def test_an_answer_works_once(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    options = client.get(BASE + "auth/webauthn/login").json()["data"]["request_options"]
    told = {"credential": device.sign(options)}
    assert post(client, BASE + "auth/webauthn/login", told).status_code == 200
    client.cookies.clear()
    client.get(BASE + "auth/webauthn/login")
    assert post(client, BASE + "auth/webauthn/login", told).status_code == 400


def test_a_failed_answer_uses_up_its_challenge(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    options = client.get(BASE + "auth/webauthn/login").json()["data"]["request_options"]
    stranger = Authenticator(user=device.user)
    path = BASE + "auth/webauthn/login"
    assert post(client, path, {"credential": stranger.sign(options)}).status_code == 400
    assert post(client, path, {"credential": device.sign(options)}).status_code == 400


def test_nobody_learns_who_works_here(ben: Person, mo: Person) -> None:
    device = joined(ben, mo)
    users = (device.user, b"nobody", str(new_id()).encode(), b"")
    answers = [sign_in(Client(), Authenticator(user=user)) for user in users]
    assert {answer.status_code for answer in answers} == {400}
    assert len({answer.content for answer in answers}) == 1
    pages = [
        Client().post("/recover", {"email": email, "code": "0000000000"}).content
        for email in (ben.email, "nobody@nowhere.example")
    ]
    shapes = [_without_token(page) for page in pages]
    assert shapes[0] == shapes[1]


def _without_token(page: bytes) -> bytes:
    start = page.index(b"/join#") + 6
    return page[:start] + page[start + 43 :]


def test_five_wrong_tries_close_the_account_for_five_minutes(ben: Person, mo: Person) -> None:
    device = joined(ben, mo)
    with freeze_time(now()) as clock:
        thief = Authenticator(user=device.user)
        for n in range(5):
            assert _from(f"192.0.2.{n}", thief).status_code == 400
        assert _from("192.0.2.9", thief).status_code == 429
        assert _from("192.0.2.9", device).status_code == 429
        clock.tick(timedelta(minutes=5))
        assert _from("192.0.2.9", device).status_code == 200


def test_ten_wrong_tries_close_an_address_for_a_minute(ben: Person, mo: Person) -> None:
    device = joined(ben, mo)
    answers = [_from("192.0.2.7", Authenticator(user=b"x")).status_code for _ in range(11)]
    assert answers == [400] * 10 + [429]
    assert _from("192.0.2.7", device).status_code == 429
    assert _from("192.0.2.8", device).status_code == 200


def test_right_sign_ins_are_not_limited(ben: Person, mo: Person) -> None:
    device = joined(ben, mo)
    assert {_from("192.0.2.7", device).status_code for _ in range(12)} == {200}


def test_a_forwarded_address_is_not_believed(ben: Person, mo: Person) -> None:
    answers = []
    for n in range(11):
        client = Client(REMOTE_ADDR="192.0.2.7", HTTP_X_FORWARDED_FOR=f"198.51.100.{n}")
        answers.append(sign_in(client, Authenticator(user=b"x")).status_code)
    assert answers[-1] == 429


def _from(address: str, device: Authenticator) -> Any:
    return sign_in(Client(REMOTE_ADDR=address), device)


def test_each_way_of_signing_in_writes_exactly_one_entry(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    before = _counts()
    sign_in(client, device)
    confirm(client, device)
    client.post("/sign-out")
    sign_in(Client(), Authenticator(user=device.user))
    after = _counts()
    grown = {action: after[action] - before.get(action, 0) for action in after}
    assert {action: n for action, n in grown.items() if n} == {
        "signed_in": 1,
        "step_up": 1,
        "signed_out": 1,
        "sign_in_failed": 1,
    }


def _counts() -> dict[str, int]:
    counts: dict[str, int] = {}
    for action in Entry.objects.values_list("action", flat=True):
        counts[action] = counts.get(action, 0) + 1
    return counts


@pytest.mark.parametrize(
    "path",
    ["auth/login", "auth/signup", "auth/password/request", "auth/2fa/reauthenticate", "config"],
)
def test_the_librarys_other_addresses_do_not_exist(db: None, path: str) -> None:
    assert Client().get(BASE + path).status_code == 404
    assert post(Client(), BASE + path, {}).status_code == 404


def test_a_script_needs_the_anti_forgery_mark(ben: Person, mo: Person) -> None:
    device = joined(ben, mo)
    client = Client(enforce_csrf_checks=True)
    told = client.get(BASE + "auth/webauthn/login")
    credential = device.sign(told.json()["data"]["request_options"])
    path, body = BASE + "auth/webauthn/login", {"credential": credential}
    assert post(client, path, body).status_code == 403
    client.defaults["HTTP_X_CSRFTOKEN"] = told.headers["Safelight-Csrf"]
    assert post(client, path, body).status_code == 200


# Step-up


def test_a_page_marked_s_asks_again_and_a_step_up_counts_five_minutes(
    mo: Person, ada: Person
) -> None:
    device = Authenticator()
    ada.roles = ["GP", "M"]
    ada.save()
    join(Client(), invite_again(mo, by=ada, at=now()), device)
    with freeze_time(now()) as clock:
        client = Client()
        sign_in(client, device)
        asked = client.get("/people/invite")
        assert asked.status_code == 303
        assert unquote(asked.headers["Location"]) == "/step-up?next=/people/invite"
        before = client.session.session_key
        assert confirm(client, device).status_code == 200
        assert client.session.session_key != before, "the key stays the same after a step-up"
        assert client.get("/people/invite").status_code == 200
        clock.tick(timedelta(minutes=4, seconds=59))
        assert client.get("/people/invite").status_code == 200
        clock.tick(timedelta(seconds=1))
        assert client.get("/people/invite").status_code == 303


def test_a_script_is_told_401_instead(mo: Person) -> None:
    client = signed_in_client(mo, stepped_up=False)
    answer = client.get("/people/invite", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "step_up")
    answer = Client().get("/people/invite", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")


def test_one_persons_step_up_is_not_anothers(mo: Person, ada: Person) -> None:
    client = signed_in_client(mo)
    records = dict(client.session)
    client.force_login(ada, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods"] = records["account_authentication_methods"]
    session["account_authentication_methods_user"] = str(mo.pk)
    session.save()
    assert client.get("/me/codes").status_code == 303


def test_adding_a_passkey_asks_for_a_step_up(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    sign_in(client, device)
    path = BASE + "account/authenticators/webauthn"
    assert client.get(path).status_code == 401
    confirm(client, device)
    options = client.get(path).json()["data"]["creation_options"]
    second = Authenticator()
    told = {"name": "Second", "credential": second.make(options)}
    assert post(client, path, told).status_code == 200
    assert sign_in(Client(), second).status_code == 200


def test_an_added_passkey_has_to_verify_its_person_too(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    sign_in(client, device)
    confirm(client, device)
    path = BASE + "account/authenticators/webauthn"
    options = client.get(path).json()["data"]["creation_options"]
    made = Authenticator(verifies=False).make(options)
    assert post(client, path, {"name": "", "credential": made}).status_code == 400


# Being out


def test_a_leaver_is_out_on_the_next_request(ben: Person, mo: Person) -> None:
    device, client = joined(ben, mo), Client()
    sign_in(client, device)
    assert is_in(client)
    let_leave(ben, by=mo, at=now())
    assert client.get("/me").status_code == 303
    assert client.get(BASE + "auth/session").status_code == 401
    assert client.get(BASE + "auth/webauthn/reauthenticate").status_code == 401
    assert sign_in(Client(), device).status_code == 400


def test_duties_taken_away_are_gone_on_the_next_request(mo: Person) -> None:
    client = signed_in_client(mo)
    assert client.get("/people").status_code == 200
    Person.objects.filter(pk=mo.pk).update(roles=["RE"])
    assert client.get("/people").status_code == 403


def test_signing_out_ends_the_session(ben: Person) -> None:
    client = signed_in_client(ben)
    key = client.cookies["session"].value
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    other = Client()
    other.cookies["session"] = key
    assert not is_in(other)


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "",
    ],
)
def test_going_on_never_leads_elsewhere(ben: Person, wanted: str) -> None:
    answer = signed_in_client(ben).get("/sign-in", {"next": wanted})
    assert answer.headers["Location"] == "/"


def test_going_on_leads_back_to_where_one_was(ben: Person) -> None:
    answer = signed_in_client(ben).get("/sign-in", {"next": "/phones?x=1"})
    assert answer.headers["Location"] == "/phones?x=1"


# The demo


def test_a_demo_link_signs_in_once_by_a_button(practice: Practice, ben: Person) -> None:
    Practice.objects.filter(pk=practice.pk).update(is_demo=True)
    practice.refresh_from_db()
    ben.refresh_from_db()
    link = make_sign_in_link(ben, at=now())
    token = link.partition("#")[2]
    assert "/demo#" in link
    client = Client()
    assert client.get("/demo").status_code == 200
    assert client.get("/demo/open", {"token": token}).status_code == 405
    assert not is_in(client)
    assert client.post("/demo/open", {"token": token}).headers["Location"] == "/"
    assert is_in(client)
    assert Client().post("/demo/open", {"token": token}).status_code == 404


def test_a_real_practice_has_no_sign_in_links_and_no_confirm_button(
    practice: Practice, ben: Person
) -> None:
    with pytest.raises(NotAllowed):
        make_sign_in_link(ben, at=now())
    client = signed_in_client(ben, stepped_up=False)
    assert client.post("/step-up/demo", {"next": "/"}).status_code == 403
    assert client.get("/me/codes").status_code == 303


def test_a_demo_link_dies_when_the_practice_becomes_real(practice: Practice, ben: Person) -> None:
    practice.is_demo = True
    practice.save()
    ben.refresh_from_db()
    token = make_sign_in_link(ben, at=now()).partition("#")[2]
    Practice.objects.filter(pk=practice.pk).update(is_demo=False)
    assert Client().post("/demo/open", {"token": token}).status_code == 404


def in_by_demo_link(practice: Practice, person: Person) -> Client:
    practice.is_demo = True
    practice.save()
    token = make_sign_in_link(Person.objects.get(pk=person.pk), at=now()).partition("#")[2]
    client = Client()
    client.post("/demo/open", {"token": token})
    return client


def test_who_came_by_a_demo_link_confirms_by_a_button_whatever_passkeys_other_browsers_have(
    practice: Practice, ben: Person, mo: Person
) -> None:
    joined(ben, mo)
    client = in_by_demo_link(practice, ben)
    assert client.get("/me/codes").status_code == 303
    assert f"Confirm as {ben.name}" in client.get("/step-up").content.decode()
    client.post("/step-up/demo", {"next": "/me/codes"})
    assert client.get("/me/codes").status_code == 200


def test_a_session_of_the_demo_that_no_link_began_has_no_confirm_button(
    practice: Practice, ben: Person
) -> None:
    in_by_demo_link(practice, ben)
    other = signed_in_client(Person.objects.get(pk=ben.pk), stepped_up=False)
    assert "Confirm as" not in other.get("/step-up").content.decode()
    assert other.post("/step-up/demo", {"next": "/"}).status_code == 403


def test_a_session_of_a_demo_link_confirms_nothing_in_a_real_practice(
    practice: Practice, ben: Person
) -> None:
    client = in_by_demo_link(practice, ben)
    Practice.objects.filter(pk=practice.pk).update(is_demo=False)
    assert "Confirm as" not in client.get("/step-up").content.decode()
    assert client.post("/step-up/demo", {"next": "/"}).status_code == 403
    assert client.get("/me/codes").status_code == 303
