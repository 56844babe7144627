"""Patients at the desk: search, add, edit, restrict, join."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from safelight.audit.models import Entry
from safelight.patients.models import Merge, Patient
from safelight.people.models import Person
from tests.conftest import make_patient
from tests.signing_in import signed_in_client

Desk = Callable[[Person], Client]

NEWCOMER = {
    "family": "Newcomer",
    "given": "Noa",
    "born": "17/5/1990",
    "sex": "F",
    "record_number": "WL-009000",
}


def text_of(answer: object) -> str:
    content: bytes = getattr(answer, "content", b"")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode()))


def search(client: Client, words: str) -> str:
    return text_of(client.post("/patients", {"q": words}, follow=True))


def test_a_search_shows_three_identifiers_and_marks_the_restricted(
    at_desk: Desk, rec: Person, pat: Patient, quinn: Patient
) -> None:
    quinn.restricted = True
    quinn.save(update_fields=["restricted"])
    client = at_desk(rec)
    shown = search(client, "testc")
    assert "TESTCASE, Pat" in shown
    assert "12 Mar 1968" in shown
    assert "WL-004417" in shown
    assert "Restricted" not in shown
    assert "Restricted" in search(client, "sample")


def test_what_was_typed_stands_in_no_address_and_in_the_log_only_sealed(
    at_desk: Desk, rec: Person, pat: Patient
) -> None:
    client = at_desk(rec)
    answer = client.post("/patients", {"q": "testcase"}, follow=True)
    assert answer.redirect_chain == [("/patients/found", 302)]
    entry = Entry.objects.get(action="patient.searched")
    assert "testcase" not in entry.leaf
    assert entry.outcome == "found"
    assert "Nobody" not in text_of(client.get("/patients?q=testcase"))
    assert Entry.objects.filter(action="patient.searched").count() == 1


def test_nobody_found_says_what_to_try(at_desk: Desk, rec: Person, pat: Patient) -> None:
    client = at_desk(rec)
    assert "Check the spelling" in search(client, "zzz")
    assert "at least two letters" in search(client, "t")


def test_another_practice_finds_nobody(at_desk: Desk, cy: Person, pat: Patient) -> None:
    assert "TESTCASE" not in search(at_desk(cy), "testcase")


def test_it_does_not_search(at_desk: Desk, ivy: Person) -> None:
    assert at_desk(ivy).get("/patients").status_code == 403


def test_a_patient_is_added(at_desk: Desk, rec: Person) -> None:
    answer = at_desk(rec).post("/patients/new", NEWCOMER)
    patient = Patient.objects.get(record_number="WL-009000")
    assert answer.status_code == 302
    assert answer["Location"] == f"/patients/{patient.pk}/visits"
    assert "Newcomer" not in answer["Location"]


def test_a_wrong_date_and_a_bad_ihi_are_said_beside_their_fields(
    at_desk: Desk, rec: Person
) -> None:
    client = at_desk(rec)
    answer = client.post("/patients/new", {**NEWCOMER, "born": "31/2/1990"})
    assert answer.status_code == 422
    assert "There is no such day" in text_of(answer)
    answer = client.post("/patients/new", {**NEWCOMER, "ihi": "8003608833357362"})
    assert "This IHI has a slip" in text_of(answer)
    assert 'name="sure"' not in answer.content.decode()
    assert not Patient.objects.exists()


def test_a_doubtful_number_needs_a_second_look_and_a_tick(at_desk: Desk, rec: Person) -> None:
    client = at_desk(rec)
    doubtful = {**NEWCOMER, "medicare": "69514496771"}
    answer = client.post("/patients/new", doubtful)
    assert answer.status_code == 422
    mark = re.search(r'name="sure" value="(\w+)"', answer.content.decode())
    assert mark is not None
    changed = {**doubtful, "medicare": "69514496772", "sure": mark[1]}
    assert client.post("/patients/new", changed).status_code == 422
    assert client.post("/patients/new", {**doubtful, "sure": mark[1]}).status_code == 302
    assert Patient.objects.count() == 1


def test_an_edit_shows_what_was_there_before(at_desk: Desk, rec: Person, pat: Patient) -> None:
    client = at_desk(rec)
    page = client.get(f"/patients/{pat.pk}/edit").content.decode()
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None
    words = {
        "family": "Married", "given": "Pat", "born": "12/3/1968", "sex": "F",
        "record_number": "WL-004417", "seen": seen[1],
    }  # fmt: skip
    answer = client.post(f"/patients/{pat.pk}/edit", words, follow=True)
    shown = text_of(answer)
    assert "MARRIED, Pat" in shown
    assert "Family name: Testcase" in shown


@pytest.mark.parametrize("seen", ["", "²", "9" * 5000])
def test_an_edit_of_an_old_page_is_refused(
    at_desk: Desk, rec: Person, pat: Patient, seen: str
) -> None:
    client = at_desk(rec)
    words = {
        "family": "Married", "given": "Pat", "born": "12/3/1968", "sex": "F",
        "record_number": "WL-004417", "seen": seen,
    }  # fmt: skip
    assert client.post(f"/patients/{pat.pk}/edit", words).status_code == 409
    pat.refresh_from_db()
    assert pat.family == "Testcase"


def test_another_practices_patient_is_not_there(at_desk: Desk, cy: Person, pat: Patient) -> None:
    client = at_desk(cy)
    for page in ("edit", "restrict", "visits", "merge"):
        assert client.get(f"/patients/{pat.pk}/{page}").status_code == 404


def test_a_record_is_restricted_with_a_reason_by_those_who_may(
    at_desk: Desk, mo: Person, rec: Person, pat: Patient
) -> None:
    assert at_desk(rec).get(f"/patients/{pat.pk}/restrict").status_code == 403
    client = at_desk(mo)
    answer = client.post(f"/patients/{pat.pk}/restrict", {"restricted": "yes", "reason": " "})
    assert answer.status_code == 422
    client.post(f"/patients/{pat.pk}/restrict", {"restricted": "yes", "reason": "Works here"})
    pat.refresh_from_db()
    assert pat.restricted
    assert at_desk(rec).get(f"/patients/{pat.pk}/edit").status_code == 403


@pytest.fixture
def double(pat: Patient, ada: Person) -> Patient:
    return make_patient(pat.practice, "Pat", "Testkase", "WL-2", usual_gp=ada)


def test_two_records_are_compared_joined_and_parted(
    at_desk: Desk, ada: Person, pat: Patient, double: Patient
) -> None:
    client = at_desk(ada)
    hits = text_of(client.post(f"/patients/{pat.pk}/merge", {"q": "testkase"}))
    assert "WL-2" in hits
    nobody = client.post(f"/patients/{pat.pk}/merge", {"q": "zzyzx"}).content.decode()
    assert "Nobody else has that name, date or number." in nobody
    assert "<thead>" not in nobody
    url = f"/patients/{pat.pk}/merge/{double.pk}"
    assert "Testkase" in text_of(client.get(url))
    assert client.post(url, {"reason": "Registered twice"}).status_code == 422
    assert client.post(url, {"keep": str(pat.pk), "reason": ""}).status_code == 422
    answer = client.post(url, {"keep": str(pat.pk), "reason": "Registered twice"}, follow=True)
    assert "Record WL-2 was joined to this one" in text_of(answer)
    assert client.get(f"/patients/{double.pk}/visits")["Location"] == f"/patients/{pat.pk}/visits"
    merge = Merge.objects.get()
    client.post(f"/merges/{merge.pk}/undo", {"reason": "Two people"})
    double.refresh_from_db()
    assert double.merged_into is None


def test_joining_asks_for_the_passkey_again(ada: Person, pat: Patient, double: Patient) -> None:
    client = signed_in_client(ada, stepped_up=False)
    answer = client.post(
        f"/patients/{pat.pk}/merge/{double.pk}", {"keep": str(pat.pk), "reason": "Twice"}
    )
    assert answer.status_code == 303
    assert answer["Location"].startswith("/step-up")
    assert not Merge.objects.exists()


@pytest.mark.parametrize(("who", "chosen"), [("ada", True), ("rec", False)])
def test_a_gp_is_offered_as_the_usual_gp_of_whom_they_add(
    at_desk: Desk, request: pytest.FixtureRequest, who: str, chosen: bool
) -> None:
    person = request.getfixturevalue(who)
    page = at_desk(person).get("/patients/new").content.decode()
    assert (f'<option value="{person.pk}" selected>' in page) is chosen


@pytest.mark.parametrize("address", ["/patients", "/patients/found", "/patients/new"])
def test_nobody_reaches_a_page_without_signing_in(client: Client, db: None, address: str) -> None:
    assert client.get(address)["Location"].startswith("/sign-in")


def test_a_search_leads_a_privacy_officer_to_the_photos_and_reception_to_the_visits(
    mo: Person, rec: Person, pat: Patient, at_desk: Desk
) -> None:
    for person, where in ((mo, f"/patients/{pat.pk}"), (rec, f"/patients/{pat.pk}/visits")):
        page = at_desk(person).post("/patients", {"q": "testcase"}, follow=True).content.decode()
        assert f'href="{where}"' in page


def test_the_form_says_by_a_word_which_fields_are_required(at_desk: Desk, rec: Person) -> None:
    page = at_desk(rec).get("/patients/new").content.decode()
    assert "What is not marked required may stay empty." in page
    for name, needed in {
        "family": True, "given": True, "born": True, "record_number": True, "sex": False,
        "address": False, "phone_number": False, "usual_gp": False, "ihi": False,
    }.items():  # fmt: skip
        (label,) = re.findall(rf'<label for="id_{name}">(.*?)</label>', page)
        (field,) = re.findall(rf'<(?:input|select)[^>]* id="id_{name}"[^>]*>', page)
        assert ("required" in label) is needed, name
        assert (" required" in field) is needed, name
