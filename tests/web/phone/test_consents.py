"""A consent from the phone: recorded once, answered by contract, and only for one's own."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from freezegun import freeze_time

from safelight.consent.models import Consent
from safelight.consent.own_phone import NothingToRead, answer, open_by_code
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.policy.words import newest_notice
from tests.conftest import NOON, POINTS
from tests.consent.talks import STROKES
from tests.signing_in import PhoneSigner, new_phone, signed_in_client

CONTRACTS = Path(__file__).parents[3] / "contracts"
Put = Callable[[UUID, dict[str, Any]], Any]


@pytest.fixture(autouse=True)
def _noon() -> Any:
    with freeze_time(NOON):
        yield


def call(client: Client, signer: PhoneSigner, number: UUID, body: dict[str, Any]) -> Any:
    """Send a signed consent."""
    path, raw = f"/phone/api/consents/{number}", json.dumps(body).encode()
    return client.put(
        path, raw, content_type="application/json", headers=signer.headers("PUT", path, raw)
    )


@pytest.fixture
def put(practice: Practice, ada: Person) -> Put:
    """Return a call from Ada's phone, with Ada signed in."""
    _phone, signer = new_phone(practice, ada)
    client = signed_in_client(ada)
    return lambda number, body: call(client, signer, number, body)


def told(patient: Patient, **changes: Any) -> dict[str, Any]:
    """Return the contract's own body, about our patient."""
    contract = json.loads((CONTRACTS / "consent.json").read_text("utf-8"))
    body: dict[str, Any] = contract["request"]["body"]
    own = {
        "patient": str(patient.pk),
        "visit": str(patient.visits.get().pk),
        "notice": newest_notice(patient.practice).pk,
        "points": list(POINTS),
        "agreed_at": NOON.isoformat(),
    }
    return {**body, **own, **changes}


def test_the_contracts_body_is_kept_and_answered_as_the_contract_says(
    pat: Patient, put: Put
) -> None:
    contract = json.loads((CONTRACTS / "consent.json").read_text("utf-8"))["answer"]
    number = new_id()
    answer = put(number, told(pat))
    assert answer.status_code == contract["status"]
    kept = answer.json()["consent"]
    assert set(kept) == set(contract["body"]["consent"])
    assert kept["uses"] == contract["body"]["consent"]["uses"]
    assert kept["sentence"] == "Agreed on 14 Oct to photos for care and a specialist."
    assert (kept["id"], kept["review_on"]) == (str(number), "2027-10-14")


def test_the_same_again_answers_the_same_and_another_is_refused(pat: Patient, put: Put) -> None:
    number = new_id()
    first = put(number, told(pat))
    assert put(number, told(pat)).json() == first.json()
    other = put(number, told(pat, condition="Something else"))
    contract = json.loads((CONTRACTS / "consent-other.json").read_text("utf-8"))["answer"]
    assert (other.status_code, other.json()) == (contract["status"], contract["body"])
    assert Consent.objects.count() == 1


def test_it_is_shown_on_the_patients_own_phone_and_how_far_it_is_said(
    practice: Practice, pat: Patient, ada: Person
) -> None:
    _phone, signer = new_phone(practice, ada)
    client, number = signed_in_client(ada), new_id()
    path = f"/phone/api/consents/{number}/showing"

    def ask(method: str, body: bytes = b"") -> Any:
        headers = signer.headers(method, path, body)
        return client.generic(method, path, body, content_type="application/json", headers=headers)

    assert ask("GET").status_code == 404
    new = ask("PUT", json.dumps(told(pat, signature=None)).encode())
    contract = json.loads((CONTRACTS / "showing.json").read_text("utf-8"))["answer"]
    assert new.status_code == contract["status"]
    words = new.json()["showing"]
    assert set(words) == set(contract["body"]["showing"])
    assert (
        len(words["square"])
        == len(words["square"][0])
        == len(contract["body"]["showing"]["square"])
    )
    assert words["link"].endswith(f"/agree#{words['code'].replace('-', '')}")
    assert ask("GET").json() == {
        "showing": {"state": "waiting", "ends_at": words["ends_at"]},
        "consent": None,
    }
    answer(open_by_code(words["code"], at=NOON), agrees=True, signature=STROKES, at=NOON)
    contract = json.loads((CONTRACTS / "shown.json").read_text("utf-8"))["answer"]
    after = ask("GET").json()
    assert after["showing"]["state"] == "agreed"
    assert set(after["consent"]) == set(contract["body"]["consent"])
    assert ask("DELETE").json() == after  # what was answered stays answered


def test_a_showing_is_taken_back(practice: Practice, pat: Patient, ada: Person) -> None:
    _phone, signer = new_phone(practice, ada)
    client, path = signed_in_client(ada), f"/phone/api/consents/{new_id()}/showing"
    body = json.dumps(told(pat, signature=None)).encode()
    kind = "application/json"
    code = client.put(path, body, content_type=kind, headers=signer.headers("PUT", path, body))
    gone = client.delete(path, headers=signer.headers("DELETE", path))
    assert gone.json()["showing"]["state"] == "ended"
    with pytest.raises(NothingToRead):
        open_by_code(code.json()["showing"]["code"], at=NOON)


def test_what_is_not_whole_is_refused_with_everything_it_needs(pat: Patient, put: Put) -> None:
    answer = put(new_id(), told(pat, points=[], signature=[]))
    assert (answer.status_code, answer.json()["code"]) == (400, "consent_incomplete")
    assert "6 of the 6 things to say. The signature." in answer.json()["message"]


def test_another_practices_patient_looks_like_none(stranger: Patient, put: Put) -> None:
    body = {**told_of(stranger), "patient": str(stranger.pk)}
    gone = {**body, "patient": str(new_id())}
    answers = [put(new_id(), words) for words in (body, gone)]
    assert [a.status_code for a in answers] == [404, 404]
    assert answers[0].json() == answers[1].json()


def told_of(patient: Patient) -> dict[str, Any]:
    return {"notice": newest_notice(patient.practice).pk, "method": "signed"}


def test_a_patient_outside_care_is_walled(pat: Patient, put: Put) -> None:
    body = told(pat)
    pat.visits.all().delete()
    type(pat).objects.update(usual_gp=None)
    assert put(new_id(), body).json()["code"] == "walled"
    assert not Consent.objects.exists()


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"[" * 100_000, b'"x"'])
def test_what_cannot_be_read_is_refused(practice: Practice, ada: Person, raw: bytes) -> None:
    _phone, signer = new_phone(practice, ada)
    path = f"/phone/api/consents/{new_id()}"
    answer = signed_in_client(ada).put(
        path, raw, content_type="application/json", headers=signer.headers("PUT", path, raw)
    )
    assert answer.status_code == 400


def test_without_a_session_or_a_duty_nothing_is_kept(
    practice: Practice, pat: Patient, ada: Person, mo: Person
) -> None:
    _phone, signer = new_phone(practice, ada)
    assert call(Client(), signer, new_id(), told(pat)).json()["code"] == "sign_in"
    _phone, theirs = new_phone(practice, mo)
    assert call(signed_in_client(mo), theirs, new_id(), told(pat)).status_code == 403
    assert not Consent.objects.exists()
