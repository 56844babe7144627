"""Break-glass at the desk."""

from collections.abc import Callable

from django.test import Client

from safelight.lib.clock import now
from safelight.patients.access import way_to
from safelight.patients.breaking_glass import to_review
from safelight.patients.models import BreakGlass, Patient
from safelight.people.models import Person
from tests.conftest import make_patient
from tests.web.desk.test_patients import text_of

Desk = Callable[[Person], Client]
WHY = {"reason": "treating", "words": "Walked in with a rash"}


def test_a_reason_opens_the_record_and_the_page_says_who_is_told(
    at_desk: Desk, ada: Person, mo: Person, pat: Patient
) -> None:
    far = make_patient(pat.practice, "Far", "Unseen", "WL-1")
    client = at_desk(ada)
    assert "Mo Prototype is told at once" in text_of(client.get(f"/break-glass/{far.pk}"))
    answer = client.post(f"/break-glass/{far.pk}", WHY)
    assert answer["Location"] == f"/patients/{far.pk}"
    assert way_to(ada, far, at=now()) is not None


def test_no_reason_or_no_words_open_nothing(at_desk: Desk, ada: Person, pat: Patient) -> None:
    far = make_patient(pat.practice, "Far", "Unseen", "WL-1")
    for words in ({**WHY, "reason": ""}, {**WHY, "words": "."}, {}):
        answer = at_desk(ada).post(f"/break-glass/{far.pk}", {"csrf": "1", **words})
        assert answer.status_code == 422
    assert not BreakGlass.objects.exists()


def test_only_gps_and_nurses_get_the_page(
    at_desk: Desk, reg: Person, rec: Person, mo: Person, cy: Person, pat: Patient
) -> None:
    for person in (reg, rec, mo):
        assert at_desk(person).post(f"/break-glass/{pat.pk}", WHY).status_code == 403
    assert at_desk(cy).post(f"/break-glass/{pat.pk}", WHY).status_code == 404
    assert not BreakGlass.objects.exists()


def test_an_officer_looks_at_it_once(
    at_desk: Desk, ada: Person, mo: Person, rec: Person, pat: Patient
) -> None:
    far = make_patient(pat.practice, "Far", "Unseen", "WL-1")
    at_desk(ada).post(f"/break-glass/{far.pk}", WHY)
    grant = BreakGlass.objects.get()
    url = f"/break-glass/reviews/{grant.pk}"
    assert at_desk(rec).get(url).status_code == 404
    client = at_desk(mo)
    assert "Walked in with a rash" in text_of(client.get(url))
    client.post(url)
    assert to_review(mo) == []
