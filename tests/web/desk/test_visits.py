"""Visits at the desk, and "Send to my phone"."""

import re
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.test import Client

from safelight.lib.clock import now
from safelight.patients.models import BreakGlass, Patient, Push, Visit
from safelight.people.models import Person
from safelight.policy.models import Practice
from tests.conftest import make_patient
from tests.web.desk.test_patients import text_of

Desk = Callable[[Person], Client]


def test_a_visit_is_added_in_the_practices_own_time(
    at_desk: Desk, rec: Person, ada: Person, pat: Patient
) -> None:
    here = now().astimezone(ZoneInfo("Australia/Sydney"))
    words = {
        "clinician": str(ada.pk), "day": f"{here:%Y-%m-%d}", "time": "15:30", "reason": "Rash",
    }  # fmt: skip
    answer = at_desk(rec).post(f"/patients/{pat.pk}/visits", words, follow=True)
    visit = Visit.objects.get(reason="Rash")
    assert f"{visit.starts_at.astimezone(ZoneInfo('Australia/Sydney')):%H:%M}" == "15:30"
    assert "3:30 pm" in text_of(answer)


def test_a_visit_in_the_wrong_year_is_said_beside_the_day(
    at_desk: Desk, rec: Person, ada: Person, pat: Patient
) -> None:
    words = {"clinician": str(ada.pk), "day": "2206-01-01", "time": "15:30"}
    answer = at_desk(rec).post(f"/patients/{pat.pk}/visits", words)
    assert answer.status_code == 422
    assert "check the year" in text_of(answer)


def test_reasons_of_a_restricted_record_are_covered(
    at_desk: Desk, rec: Person, pat: Patient
) -> None:
    client = at_desk(rec)
    assert "Skin check" in text_of(client.get(f"/patients/{pat.pk}/visits"))
    pat.restricted = True
    pat.save(update_fields=["restricted"])
    assert "Skin check" not in text_of(client.get(f"/patients/{pat.pk}/visits"))


def test_a_registrar_reads_the_reasons_of_their_own_patients_only(
    at_desk: Desk, reg: Person, ada: Person, ben: Person, practice: Practice
) -> None:
    """Letter O: their own patients and those of whoever supervises them."""
    client = at_desk(reg)
    for who, shown in ((ada, True), (ben, False)):
        patient = make_patient(practice, "Terry", "Testcase", f"47{who.given}")
        Visit.objects.create(
            practice=practice, patient=patient, person=who, starts_at=now(), reason="Skin check"
        )
        page = text_of(client.get(f"/patients/{patient.pk}/visits"))
        assert ("Skin check" in page, "Not shown" in page) == (shown, not shown)


def test_a_patient_is_sent_to_my_phone(at_desk: Desk, ada: Person, pat: Patient) -> None:
    Visit.objects.create(
        practice=pat.practice, patient=pat, person=ada, starts_at=now() - timedelta(hours=1)
    )
    visit = pat.visits.order_by("starts_at").last()
    assert visit is not None
    answer = at_desk(ada).post(f"/patients/{pat.pk}/push", {"visit": str(visit.pk), "next": "/"})
    assert answer["Location"] == "/"
    push = Push.objects.get()
    assert (push.person, push.patient, push.visit) == (ada, pat, visit)


def test_who_sends_from_todays_list_stays_there(at_desk: Desk, ada: Person, pat: Patient) -> None:
    Visit.objects.create(practice=pat.practice, patient=pat, person=ada, starts_at=now())
    page = at_desk(ada).get("/").content.decode()
    (form,) = re.findall(rf'<form[^>]*action="/patients/{pat.pk}/push".*?</form>', page, re.S)
    assert '<input type="hidden" name="next" value="/">' in form


def test_who_sends_from_a_patients_photos_stays_there(
    at_desk: Desk, ada: Person, pat: Patient
) -> None:
    here = f"/patients/{pat.pk}?lesion=all"
    page = at_desk(ada).get(here).content.decode()
    (form,) = re.findall(rf'<form[^>]*action="/patients/{pat.pk}/push".*?</form>', page, re.S)
    (back,) = re.findall(r'name="next" value="([^"]*)"', form)
    assert at_desk(ada).post(f"/patients/{pat.pk}/push", {"next": back})["Location"] == here


def test_a_push_leads_only_to_our_own_pages(at_desk: Desk, ada: Person, pat: Patient) -> None:
    for url in ("https://evil.example/", "//evil.example/", "javascript:alert(1)", "evil"):
        answer = at_desk(ada).post(f"/patients/{pat.pk}/push", {"next": url})
        assert answer["Location"] == f"/patients/{pat.pk}/visits"


def test_a_push_of_another_patients_visit_or_of_nonsense_is_not_there(
    at_desk: Desk, ada: Person, pat: Patient, quinn: Patient
) -> None:
    client = at_desk(ada)
    for visit in (str(quinn.visits.get().pk), "nonsense"):
        assert client.post(f"/patients/{pat.pk}/push", {"visit": visit}).status_code == 404
    assert not Push.objects.exists()


def test_a_wall_and_a_missing_duty_stop_a_push(
    at_desk: Desk, ada: Person, rec: Person, pat: Patient
) -> None:
    far = make_patient(pat.practice, "Far", "Unseen", "WL-1")
    answer = at_desk(ada).post(f"/patients/{far.pk}/push")
    assert answer.status_code == 403
    assert f"/break-glass/{far.pk}" in answer.content.decode()
    assert at_desk(rec).post(f"/patients/{pat.pk}/push").status_code == 403
    assert not Push.objects.exists()


def test_a_visit_is_taken_back_unless_something_belongs_to_it(
    at_desk: Desk, rec: Person, ivy: Person, visit: Visit, pat: Patient, quinn: Patient
) -> None:
    there = f"/patients/{pat.pk}/visits"
    assert at_desk(ivy).post(f"{there}/{visit.pk}/cancel").status_code == 403
    client = at_desk(rec)
    assert "Take back" in text_of(client.get(there))
    assert client.post(f"/patients/{quinn.pk}/visits/{visit.pk}/cancel").status_code == 404
    answer = client.post(f"{there}/{visit.pk}/cancel", follow=True)
    assert "The visit is taken back." in text_of(answer)
    assert not pat.visits.exists()


def test_the_officer_sees_who_brought_a_patient_into_their_own_care(
    at_desk: Desk, ada: Person, mo: Person
) -> None:
    walled = make_patient(ada.practice, "Wally", "Faraway", "WL-9001")
    here = now().astimezone(ZoneInfo("Australia/Sydney"))
    told = {"clinician": str(ada.pk), "day": f"{here:%Y-%m-%d}", "time": f"{here:%H:%M}"}
    at_desk(ada).post(f"/patients/{walled.pk}/visits", {**told, "reason": "Walked in"})
    client = at_desk(mo)
    page = text_of(client.get("/"))
    assert "Added a visit, which put the patient in care: Walked in" in page
    noted = BreakGlass.objects.get()
    page = text_of(client.get(f"/break-glass/reviews/{noted.pk}"))
    assert "Dr Ada Specimen brought Wally into their own care." in page
