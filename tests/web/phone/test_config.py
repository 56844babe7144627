"""The phone's configuration: the contract's shape, the practice's own values, and no patient."""

import json
from pathlib import Path
from typing import Any

from django.test import Client
from freezegun import freeze_time

from safelight.consent.uses import USES
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.policy.settings import change_setting
from safelight.vault.keyring import current
from tests.conftest import NOON
from tests.signing_in import new_phone, signed_in_client

CONTRACT = Path(__file__).parents[3] / "contracts" / "config.json"
PATH = "/phone/api/config"


def get(person: Person) -> Any:
    """Ask from a person's own phone."""
    _phone, signer = new_phone(person.practice, person)
    return signed_in_client(person).get(PATH, headers=signer.headers("GET", PATH))


def shape(value: Any) -> Any:
    """Return which keys there are, all the way down; of a list, those of its first entry."""
    if isinstance(value, dict):
        return {key: shape(part) for key, part in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def test_it_has_the_contracts_shape(practice: Practice, ada: Person) -> None:
    contract = json.loads(CONTRACT.read_text("utf-8"))["answer"]
    answer = get(ada)
    told = answer.json()
    assert answer.status_code == contract["status"]
    assert [use["code"] for use in told["uses"]] == list(USES)
    for use in (*told["uses"], *contract["body"]["uses"]):
        use.pop("patient", None)  # the patient's own reading of a use may be left out
    assert shape(told) == shape(contract["body"])


def test_it_gives_the_key_to_seal_to_and_the_practices_own_values(
    practice: Practice, ada: Person, mo: Person
) -> None:
    with freeze_time(NOON):
        change_setting(practice, key="lock_seconds", value=60, by=mo, at=NOON)
        change_setting(practice, key="adult_from", value=16, by=mo, at=NOON)
        change_setting(practice, key="uses_asked", value=["referral"], by=mo, at=NOON)
        told = get(ada).json()
    assert told["capture_key"]["id"] == current().newest_capture_key.id
    assert told["settings"]["lock_seconds"] == 60
    assert (told["settings"]["maturity_from"], told["settings"]["maturity_to"]) == (14, 15)
    assert [use["code"] for use in told["uses"] if use["ask"]] == ["care", "referral"]


def test_it_names_no_patient_and_wants_a_signed_in_person(
    practice: Practice, ada: Person, pat: Patient
) -> None:
    assert "Testcase" not in get(ada).content.decode()
    _phone, signer = new_phone(practice, ada)
    answer = Client().get(PATH, headers=signer.headers("GET", PATH))
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")
