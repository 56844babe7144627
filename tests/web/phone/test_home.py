"""Home, patients, ghosts, whereabouts and beats: what the phone is told, and to whom."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from safelight.audit.models import Entry
from safelight.lib.clock import now
from safelight.lib.ids import new_id
from safelight.patients.models import Patient, Visit
from safelight.patients.pushing import send_to_phone
from safelight.people.models import Person, Phone
from safelight.photos.models import Alarm, Capture, Photo
from tests.consent.talks import keep
from tests.photos.making import filed
from tests.signing_in import PhoneSigner, new_phone, signed_in_client
from tests.web.phone.calling import Caller

pytestmark = pytest.mark.django_db

EXAMPLES = Path(__file__).parents[3] / "contracts"


def shape(value: Any) -> Any:
    """Return the form of an answer: its fields, all the way down."""
    if isinstance(value, dict):
        return {name: shape(part) for name, part in value.items()}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def example(name: str) -> Any:
    return json.loads((EXAMPLES / f"{name}.json").read_text())["answer"]["body"]


class OnPhone:
    """A person signed in on their phone."""

    def __init__(self, person: Person | None, phone: Phone, signer: PhoneSigner) -> None:
        self.client = signed_in_client(person) if person else Client()
        self.phone, self.signer = phone, signer

    def get(self, path: str) -> Any:
        return self.client.get(path, headers=self.signer.headers("GET", path))

    def post(self, path: str, words: Any) -> Any:
        body = json.dumps(words).encode()
        return self.client.post(
            path,
            body,
            content_type="application/json",
            headers=self.signer.headers("POST", path, body),
        )


@pytest.fixture
def ada_on_phone(receiver: Caller, ada: Person) -> OnPhone:
    return OnPhone(ada, receiver.phone, receiver.signer)


@pytest.fixture
def seen(pat: Patient, visit: Visit, ada: Person, receiver: Caller) -> Photo:
    """A photo of Pat's forearm, on a consent, at a visit today."""
    Visit.objects.filter(pk=visit.pk).update(starts_at=now())
    keep(pat, ada, agreed_at=now() - timedelta(minutes=5))
    moment = now()
    return filed(receiver.phone, ada, pat, at=moment, visit=visit, taken_at=moment.isoformat())


def test_home_shows_whom_the_desk_sent_and_todays_visits(
    ada_on_phone: OnPhone, ada: Person, pat: Patient, visit: Visit
) -> None:
    Visit.objects.filter(pk=visit.pk).update(starts_at=now())
    visit.refresh_from_db()
    send_to_phone(pat, visit=visit, by=ada, at=now())
    words = ada_on_phone.get("/phone/api/home").json()
    assert shape(words) == shape(example("home"))
    assert words["pushed"]["patient"]["id"] == str(pat.pk)
    assert [row["patient"]["record_number"] for row in words["today"]] == ["WL-004417"]


def test_home_is_a_few_short_reads(
    ada_on_phone: OnPhone, django_assert_max_num_queries: Any
) -> None:
    ada_on_phone.get("/phone/api/home")
    with django_assert_max_num_queries(12):
        ada_on_phone.get("/phone/api/home")


def test_patients_are_found_and_the_search_is_entered_with_sealed_words(
    ada_on_phone: OnPhone, pat: Patient, stranger: Patient
) -> None:
    words = ada_on_phone.post("/phone/api/patients", {"q": "testc"}).json()
    assert shape(words) == shape(example("patients"))
    assert [row["id"] for row in words["patients"]] == [str(pat.pk)]
    assert ada_on_phone.post("/phone/api/patients", {"q": "elsewh"}).json() == {"patients": []}
    assert ada_on_phone.post("/phone/api/patients", {"q": "t"}).json() == {"patients": []}
    entry = Entry.objects.filter(action="patient.searched").first()
    assert entry is not None
    assert "testc" not in entry.leaf


def test_a_patient_comes_with_consents_and_sites(
    ada_on_phone: OnPhone, pat: Patient, visit: Visit, seen: Photo
) -> None:
    words = ada_on_phone.get(f"/phone/api/patients/{pat.pk}?visit={visit.pk}").json()
    wanted = example("patient")
    assert set(words) == set(wanted)
    assert shape(words["sites"]) == shape(wanted["sites"])
    assert shape(words["patient"]) == shape(wanted["patient"])
    assert set(words["consents"][0]) == set(wanted["consents"][0])
    assert words["sites"][0]["today"] == 1
    assert words["sites"][0]["photo_id"] == str(seen.pk)
    assert Entry.objects.filter(action="patient.viewed", patient=pat.pk).count() == 1


def test_patients_of_others_are_not_found(
    ada_on_phone: OnPhone, stranger: Patient, quinn: Patient, visit: Visit
) -> None:
    there = ada_on_phone.get(f"/phone/api/patients/{stranger.pk}")
    nowhere = ada_on_phone.get(f"/phone/api/patients/{new_id()}")
    assert (there.status_code, there.content) == (404, nowhere.content)
    for wrong in (visit.pk, "x", new_id()):
        path = f"/phone/api/patients/{quinn.pk}?visit={wrong}"
        assert ada_on_phone.get(path).status_code == 404


def test_a_ghost_is_entered_and_never_stored(ada_on_phone: OnPhone, seen: Photo) -> None:
    answer = ada_on_phone.get(f"/phone/api/photos/{seen.pk}/ghost")
    assert answer["Content-Type"] == "image/jpeg"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content[:2] == b"\xff\xd8"
    entry = Entry.objects.get(action="photo.ghost_viewed")
    assert (entry.object, entry.phone_id) == (f"photo:{seen.pk}", ada_on_phone.phone.pk)


def test_a_covered_photo_is_no_ghost(ada_on_phone: OnPhone, seen: Photo) -> None:
    Photo.objects.filter(pk=seen.pk).update(restricted=True)
    answer = ada_on_phone.get(f"/phone/api/photos/{seen.pk}/ghost")
    assert (answer.status_code, answer.json()["code"]) == (403, "covered")


def test_whereabouts_count_phones_and_the_record(ada_on_phone: OnPhone, seen: Photo) -> None:
    path = f"/phone/api/photos/{seen.pk}/whereabouts"
    words = ada_on_phone.get(path).json()
    assert shape(words) == shape(example("whereabouts"))
    assert words == {"photos_on_phone": 1, "in_record": 1}
    gone = {"held": [], "gone": [{"id": str(seen.pk), "at": now().isoformat()}]}
    ada_on_phone.post("/phone/api/beat", gone)
    assert ada_on_phone.get(path).json() == {"photos_on_phone": 0, "in_record": 1}


def test_another_practice_sees_no_ghost_and_no_whereabouts(seen: Photo, cy: Person) -> None:
    theirs = OnPhone(cy, *new_phone(cy.practice, cy))
    for what in ("ghost", "whereabouts"):
        there = theirs.get(f"/phone/api/photos/{seen.pk}/{what}")
        nowhere = theirs.get(f"/phone/api/photos/{new_id()}/{what}")
        assert (there.status_code, there.content) == (404, nowhere.content)


def test_whereabouts_stop_at_a_wall_within_the_practice(
    seen: Photo, reg: Person, pat: Patient
) -> None:
    Person.objects.filter(pk=reg.pk).update(supervisor=None)
    reg.refresh_from_db()
    theirs = OnPhone(reg, *new_phone(reg.practice, reg))
    answer = theirs.get(f"/phone/api/photos/{seen.pk}/whereabouts")
    assert (answer.status_code, answer.json()["code"]) == (403, "walled")


@pytest.mark.parametrize(
    "path",
    [
        "home",
        "patients/{pat}",
        "photos/{photo}/ghost",
        "photos/{photo}/whereabouts",
    ],
)
def test_nothing_that_names_a_patient_is_told_without_a_person_signed_in(
    receiver: Caller, seen: Photo, pat: Patient, path: str
) -> None:
    nobody = OnPhone(None, receiver.phone, receiver.signer)
    for answer in (
        nobody.get("/phone/api/" + path.format(pat=pat.pk, photo=seen.pk)),
        nobody.post("/phone/api/patients", {"q": "te"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (401, "sign_in")
        assert b"TESTCASE" not in answer.content


def test_a_beat_keeps_the_ledger_and_answers_a_checkpoint(receiver: Caller, seen: Photo) -> None:
    on_phone = OnPhone(None, receiver.phone, receiver.signer)  # the phone alone: nobody signed in
    number, sealed_at = new_id(), now() - timedelta(hours=2)
    words = {
        "held": [
            {"id": str(number), "sealed_at": sealed_at.isoformat(), "kind": "photo"},
            {"id": str(new_id()), "sealed_at": seen.taken_at.isoformat(), "kind": "consent"},
        ],
        "gone": [{"id": str(seen.pk), "at": now().isoformat()}],
        "storage_kept": True,
        "app_version": "0.1.0",
        "checkpoint": None,
        "shutter_count": 2,
    }
    first = on_phone.post("/phone/api/beat", words).json()
    assert set(first) == set(example("beat"))
    assert first["consistency"] == []
    phone = Phone.objects.get(pk=receiver.phone.pk)
    assert (phone.held, phone.held_since, phone.storage_kept) == (1, sealed_at, True)
    assert Capture.objects.get(pk=number).state == "announced"
    assert Capture.objects.get(pk=seen.pk).gone_at is not None
    size = int(first["checkpoint"]["text"].splitlines()[1])
    kept = {"size": size - 1, "root": "0" * 64}
    again = on_phone.post("/phone/api/beat", {**words, "checkpoint": kept}).json()
    assert again["consistency"]
    assert all(len(bytes.fromhex(part)) == 32 for part in again["consistency"])
    longer = {"size": 10**6, "root": "0" * 64}
    assert (
        on_phone.post("/phone/api/beat", {**words, "checkpoint": longer}).json()["consistency"]
        == []
    )


def test_a_phone_that_saw_another_log_calls_a_person(receiver: Caller) -> None:
    on_phone = OnPhone(None, receiver.phone, receiver.signer)
    for said, raised in (("", 0), ("receipt", 0), (["log"], 0), ("log", 1), ("checkpoint", 1)):
        assert on_phone.post("/phone/api/beat", {"alarm": said}).status_code == 200
        alarms = Alarm.objects.filter(kind=Alarm.Kind.LOG, about=f"phone:{receiver.phone.pk}")
        assert alarms.count() == raised, said


@pytest.mark.parametrize(
    "words",
    [
        [],
        {"held": "all"},
        {"held": [{"id": "x", "sealed_at": "2026-10-14T01:00:00Z"}]},
        {"held": [{"id": str(new_id()), "sealed_at": "2026-10-14T01:00:00"}]},
        {"held": [{"id": str(new_id()), "sealed_at": "2026-10-14T01:00:00Z", "kind": "film"}]},
        {"gone": [7]},
        {"checkpoint": {"size": "7", "root": ""}},
    ],
)
def test_a_malformed_beat_is_refused_and_changes_nothing(receiver: Caller, words: Any) -> None:
    answer = OnPhone(None, receiver.phone, receiver.signer).post("/phone/api/beat", words)
    assert answer.status_code == 400
    assert not Capture.objects.exists()


def test_checks_and_declarations_are_kept(ada_on_phone: OnPhone) -> None:
    shot = {"width": 4032, "height": 3024, "via": "photo"}
    assert ada_on_phone.post("/phone/api/self-check", shot).json() == {}
    assert (
        ada_on_phone.post("/phone/api/declare", {"backup_off": True, "updated": True}).json() == {}
    )
    phone = Phone.objects.get(pk=ada_on_phone.phone.pk)
    assert phone.self_check == shot
    assert phone.backup_off_on is not None
    too_long = {"user_agent": "x" * 9000}
    assert ada_on_phone.post("/phone/api/self-check", too_long).status_code == 400


def test_what_the_desk_sent_stays_on_home_until_it_was_opened(
    ada_on_phone: OnPhone, ada: Person, pat: Patient, quinn: Patient
) -> None:
    send_to_phone(pat, by=ada, at=now())
    ada_on_phone.get(f"/phone/api/patients/{pat.pk}")  # the app looks ahead; nobody opened it yet
    ada_on_phone.post("/phone/api/home/opened", {"patient": str(quinn.pk)})
    assert ada_on_phone.get("/phone/api/home").json()["pushed"]
    assert ada_on_phone.post("/phone/api/home/opened", {"patient": str(pat.pk)}).json() == {}
    assert ada_on_phone.get("/phone/api/home").json()["pushed"] is None
