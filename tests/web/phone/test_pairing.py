"""Pairing and what a phone tells about itself, as the contracts say."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from safelight.lib.clock import now
from safelight.people.models import Person, Phone
from safelight.people.pairing import make_code
from safelight.people.phone_keys import unpadded
from tests.signing_in import PhoneSigner, new_phone, signed_in_client

pytestmark = pytest.mark.django_db

CONTRACTS = Path(__file__).parents[3] / "contracts"
JSON = "application/json"


def contract(name: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((CONTRACTS / f"{name}.json").read_text())
    return told


def pair(client: Client, code: str, signer: PhoneSigner | None = None, **words: Any) -> Any:
    told = contract("pair")["request"]["body"]
    told = {**told, "code": code, "public_key": unpadded((signer or PhoneSigner()).public), **words}
    return client.post("/phone/api/pair", json.dumps(told), content_type=JSON)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return type(value).__name__


def test_a_personal_phone_is_answered_as_the_contract_says_and_signed_in(ada: Person) -> None:
    client, signer = Client(), PhoneSigner()
    answer = pair(client, make_code(for_practice=False, by=ada, at=now()).shown, signer)
    assert answer.status_code == 200
    told = answer.json()
    assert shape(told) == shape(contract("pair")["answer"]["body"])
    assert told["person"] == {"id": str(ada.pk), "name": ada.name}
    assert len(base64.urlsafe_b64decode(told["capture_key"]["public"] + "==")) == 1216
    assert told["rp_id"] == "localhost"
    signer.phone = told["phone_id"]
    assert _post(client, signer, "/phone/api/declare", {"backup_off": True, "updated": True}) == 200


def test_the_paired_phone_may_add_its_passkey_at_once(ada: Person) -> None:
    client = Client()
    pair(client, make_code(for_practice=False, by=ada, at=now()).code)
    path = "/_allauth/browser/v1/account/authenticators/webauthn?passwordless"
    assert client.get(path).status_code == 200


def test_a_practice_phone_is_not_signed_in(mo: Person) -> None:
    client = Client()
    answer = pair(client, make_code(for_practice=True, by=mo, at=now()).code)
    assert answer.json()["person"] is None
    assert "session" not in client.cookies


def test_a_used_or_wrong_code_is_refused_alike(ada: Person) -> None:
    code = make_code(for_practice=False, by=ada, at=now()).code
    pair(Client(), code)
    used, wrong = pair(Client(), code), pair(Client(), "00000-00000")
    assert used.status_code == wrong.status_code == 404
    assert used.content == wrong.content
    assert Phone.objects.count() == 1


def test_guessing_codes_is_limited(ada: Person) -> None:
    answers = [pair(Client(), f"0000{n:06d}").status_code for n in range(11)]
    assert answers == [404] * 10 + [429]
    code = make_code(for_practice=False, by=ada, at=now()).code
    assert pair(Client(), code).status_code == 429


def test_another_sites_form_pairs_nothing(ada: Person) -> None:
    told = contract("pair")["request"]["body"]
    told["code"] = make_code(for_practice=False, by=ada, at=now()).code
    answer = Client().post("/phone/api/pair", json.dumps(told), content_type="text/plain")
    assert answer.status_code == 400
    assert not Phone.objects.exists()
    assert Client().get("/phone/api/pair").status_code == 405


@pytest.mark.parametrize(
    "words", [{"public_key": "AAAA"}, {"public_key": 7}, {"name": []}, {"declared": "yes"}]
)
def test_a_strange_body_is_refused_plainly(ada: Person, words: dict[str, Any]) -> None:
    code = make_code(for_practice=False, by=ada, at=now()).code
    answer = pair(Client(), code, **words)
    assert answer.status_code in (200, 400)
    assert (answer.status_code == 200) == ("declared" in words)


def test_a_phone_keeps_its_camera_check_and_its_declaration(ada: Person) -> None:
    phone, signer = new_phone(ada.practice, ada)
    client = signed_in_client(ada)
    check = contract("self-check")["request"]["body"]
    assert _post(client, signer, "/phone/api/self-check", check) == 200
    assert (
        _post(client, signer, "/phone/api/declare", contract("declare")["request"]["body"]) == 200
    )
    phone.refresh_from_db()
    assert phone.self_check == check
    assert phone.backup_off_on == phone.updated_on
    assert phone.updated_on is not None
    assert _post(Client(), signer, "/phone/api/declare", {}) == 401


def test_handing_back_signs_out(ada: Person) -> None:
    phone, signer = new_phone(ada.practice, None)
    client = signed_in_client(ada)
    assert _post(client, signer, "/phone/api/declare", {"backup_off": True, "updated": True}) == 200
    assert _post(client, signer, "/phone/api/hand-back", {}) == 200
    assert Phone.objects.get(pk=phone.pk).signed_out_to is None
    assert _post(client, signer, "/phone/api/declare", {}) == 401


def _post(client: Client, signer: PhoneSigner, path: str, told: Any) -> int:
    body = json.dumps(told).encode()
    headers = signer.headers("POST", path, body)
    return client.post(path, body, content_type=JSON, headers=headers).status_code
