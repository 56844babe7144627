"""Signing: only an open phone's own key gets a call through, and only its person sees patients."""

import hashlib
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse, JsonResponse
from django.test import Client
from django.urls import path

from safelight.lib.clock import now
from safelight.people.leaving import let_leave
from safelight.people.models import Person, Phone
from safelight.people.phone_care import hand_back
from safelight.people.phones import report_lost, revoke_phone
from safelight.people.signed_in import PHONE
from safelight.web.phone.signing import (
    BadSignature,
    PhoneLost,
    PhoneRequest,
    PhoneRevoked,
    phone_call,
    piece_phone,
)
from tests.signing_in import PhoneSigner, new_phone, signed_in_client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.phone.test_signing")]


@phone_call(session=False)
def plain(request: PhoneRequest) -> HttpResponse:
    return JsonResponse({"phone": str(request.phone.pk)})


@phone_call(session=True)
def personal(request: PhoneRequest) -> HttpResponse:
    actor = request.person.actor()
    return JsonResponse({"person": str(request.person.pk), "by_phone": str(actor.phone)})


urlpatterns = [path("plain", plain), path("personal", personal)]

Ask = Callable[..., Any]


def ask(
    signer: PhoneSigner,
    where: str = "/plain",
    *,
    client: Client | None = None,
    body: bytes = b"",
    **headers: str,
) -> Any:
    method = "POST" if body else "GET"
    signed = {**signer.headers(method, where, body), **headers}
    client = client or Client()
    if body:
        return client.post(where, body, content_type="application/json", headers=signed)
    return client.get(where, headers=signed)


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_signed_call_gets_through(ada: Person) -> None:
    phone, signer = new_phone(ada.practice, ada)
    assert ask(signer).json() == {"phone": str(phone.pk)}
    assert ask(signer, body=b'{"a":1}').status_code == 200


def test_a_call_without_headers_or_from_an_unknown_phone_is_refused(ada: Person) -> None:
    assert code(Client().get("/plain")) == (401, "phone_revoked")
    assert code(ask(PhoneSigner(phone=uuid4()))) == (401, "phone_revoked")


def test_another_key_is_refused(ada: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    assert code(ask(PhoneSigner(phone=phone.pk))) == (401, "bad_signature")


def test_another_phones_signature_is_refused(ada: Person, ben: Person) -> None:
    phone, _ = new_phone(ada.practice, ada)
    _, other = new_phone(ben.practice, ben)
    other.phone = phone.pk
    assert code(ask(other)) == (401, "bad_signature")


def test_method_path_query_time_and_body_are_all_signed(ada: Person) -> None:
    _, signer = new_phone(ada.practice, ada)
    good = signer.headers("GET", "/plain?q=1")
    client = Client()
    assert client.get("/plain?q=1", headers=good).status_code == 200
    assert code(client.get("/plain?q=2", headers=good)) == (401, "bad_signature")
    assert code(client.get("/personal?q=1", headers=good)) == (401, "bad_signature")
    assert code(client.delete("/plain?q=1", headers=good)) == (401, "bad_signature")
    later = {**good, "Safelight-Time": str(int(good["Safelight-Time"]) + 1)}
    assert code(client.get("/plain?q=1", headers=later)) == (401, "bad_signature")
    posted = signer.headers("POST", "/plain", b'{"a":1}')
    kind = "application/json"
    answer = client.post("/plain", b'{"a":2}', content_type=kind, headers=posted)
    assert code(answer) == (401, "bad_signature")


@pytest.mark.parametrize("off", [-301, 302, -86400])
def test_an_old_or_early_call_is_refused(ada: Person, off: int) -> None:
    _, signer = new_phone(ada.practice, ada)
    headers = signer.headers("GET", "/plain", at=now().timestamp() + off)
    assert code(Client().get("/plain", headers=headers)) == (401, "clock_wrong")


def test_a_stopped_phone_is_out_on_the_next_call(ada: Person) -> None:
    phone, signer = new_phone(ada.practice, ada)
    assert ask(signer).status_code == 200
    revoke_phone(phone, by=ada, at=now())
    answer = ask(signer)
    assert code(answer) == (401, "phone_revoked")
    assert "Clear-Site-Data" not in answer.headers


def test_a_lost_phone_is_told_to_wipe_itself_and_that_is_noted(ada: Person) -> None:
    phone, signer = new_phone(ada.practice, ada)
    report_lost(phone, last_seen="", by=ada, at=now())
    answer = ask(signer)
    assert code(answer) == (401, "phone_lost")
    assert answer.headers["Clear-Site-Data"] == '"storage", "cookies"'
    assert Phone.objects.get(pk=phone.pk).wiped_at is not None


def test_an_old_call_sent_again_does_not_pass_for_a_wipe(ada: Person) -> None:
    phone, signer = new_phone(ada.practice, ada)
    kept = signer.headers("GET", "/plain", at=now().timestamp() - 400)
    report_lost(phone, last_seen="", by=ada, at=now())
    assert code(Client().get("/plain", headers=kept)) == (401, "phone_lost")
    assert code(ask(PhoneSigner(phone=phone.pk))) == (401, "bad_signature")
    assert Phone.objects.get(pk=phone.pk).wiped_at is None


def test_a_leavers_phone_is_out_on_the_next_call(ada: Person, mo: Person) -> None:
    _, signer = new_phone(ada.practice, ada)
    client = signed_in_client(ada)
    assert ask(signer, "/personal", client=client).status_code == 200
    let_leave(ada, by=mo, at=now())
    assert code(ask(signer, "/personal", client=client)) == (401, "phone_revoked")
    assert code(ask(signer)) == (401, "phone_revoked")


def test_a_leaver_is_out_even_if_their_phone_stayed_open(ada: Person) -> None:
    _, signer = new_phone(ada.practice, ada)
    Person.objects.filter(pk=ada.pk).update(is_active=False)
    assert code(ask(signer)) == (401, "phone_revoked")


def test_a_leaver_is_out_on_a_practice_phone(ada: Person, mo: Person) -> None:
    _, signer = new_phone(ada.practice, None)
    client = signed_in_client(ada)
    assert ask(signer, "/personal", client=client).status_code == 200
    let_leave(ada, by=mo, at=now())
    assert code(ask(signer, "/personal", client=client)) == (401, "sign_in")
    assert ask(signer).status_code == 200, "what it holds can still be sent"


# Who is signed in


def test_patients_are_for_the_phones_person_only(ada: Person, ben: Person, cy: Person) -> None:
    phone, signer = new_phone(ada.practice, ada)
    assert code(ask(signer, "/personal")) == (401, "sign_in")
    for other in (ben, cy):
        assert code(ask(signer, "/personal", client=signed_in_client(other))) == (401, "sign_in")
    answer = ask(signer, "/personal", client=signed_in_client(ada))
    assert answer.json() == {"person": str(ada.pk), "by_phone": str(phone.pk)}


def test_a_session_alone_is_not_enough(ada: Person) -> None:
    new_phone(ada.practice, ada)
    assert code(signed_in_client(ada).get("/personal")) == (401, "phone_revoked")


def test_a_session_of_one_phone_is_of_no_use_on_another(ada: Person) -> None:
    _, first = new_phone(ada.practice, ada)
    _, second = new_phone(ada.practice, ada)
    client = signed_in_client(ada)
    assert ask(first, "/personal", client=client).status_code == 200
    assert code(ask(second, "/personal", client=client)) == (401, "sign_in")


def test_stopping_a_phone_ends_the_session_used_on_it(ada: Person) -> None:
    phone, signer = new_phone(ada.practice, ada)
    client = signed_in_client(ada)
    ask(signer, "/personal", client=client)
    assert client.session[PHONE] == str(phone.pk)
    revoke_phone(phone, by=ada, at=now())
    assert "_auth_user_id" not in client.session


def test_signing_in_on_a_practice_phone_takes_it_in_hand(ada: Person, ben: Person) -> None:
    phone, signer = new_phone(ada.practice, None)
    assert ask(signer, "/personal", client=signed_in_client(ada)).status_code == 200
    assert Phone.objects.get(pk=phone.pk).signed_out_to == ada
    assert ask(signer, "/personal", client=signed_in_client(ben)).status_code == 200
    assert Phone.objects.get(pk=phone.pk).signed_out_to == ben


def test_whoever_had_a_practice_phone_is_signed_out_on_it_by_the_next_and_by_handing_back(
    ada: Person, ben: Person
) -> None:
    phone, signer = new_phone(ada.practice, None)
    first, second, desk = signed_in_client(ada), signed_in_client(ben), signed_in_client(ada)
    assert ask(signer, "/personal", client=first).status_code == 200
    assert ask(signer, "/personal", client=second).status_code == 200
    assert code(ask(signer, "/personal", client=first)) == (401, "sign_in")
    assert Phone.objects.get(pk=phone.pk).signed_out_to == ben
    hand_back(Phone.objects.get(pk=phone.pk), by=ben, at=now())
    assert code(ask(signer, "/personal", client=second)) == (401, "sign_in")
    assert Phone.objects.get(pk=phone.pk).signed_out_to is None
    assert "_auth_user_id" in desk.session  # at the computer nothing ended


def test_somebody_without_the_duty_takes_no_practice_phone(ada: Person, rec: Person) -> None:
    _, signer = new_phone(ada.practice, None)
    client = signed_in_client(rec)
    assert ask(signer, "/personal", client=client, Accept="application/json").status_code == 403


# Pieces


def test_a_piece_is_signed_for_its_capture_and_hash(ada: Person) -> None:
    phone, signer = new_phone(ada.practice, ada)
    capture, digest = uuid4(), hashlib.sha256(b"capsule").hexdigest()
    signature = signer.piece_headers(capture, digest)["Safelight-Signature"]
    words: dict[str, Any] = {"phone": str(phone.pk), "signature": signature}
    assert piece_phone(**words, capture=capture, sha256=digest) == phone
    with pytest.raises(BadSignature):
        piece_phone(**words, capture=uuid4(), sha256=digest)
    with pytest.raises(BadSignature):
        piece_phone(**words, capture=capture, sha256=hashlib.sha256(b"other").hexdigest())
    with pytest.raises(PhoneRevoked):
        piece_phone(phone="nobody", signature=signature, capture=capture, sha256=digest)
    report_lost(phone, last_seen="", by=ada, at=now())
    with pytest.raises(PhoneLost):
        piece_phone(**words, capture=capture, sha256=digest)
