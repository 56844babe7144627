"""Patients on the phone: finding one, and what is needed before a photo (phone API calls 4, 5)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from safelight.consent.reading import live_consents, summary
from safelight.lib.clock import now
from safelight.lib.refusals import NotFound
from safelight.patients.access import patient_for
from safelight.patients.looking import note_view
from safelight.patients.models import Patient, Visit
from safelight.patients.searching import search
from safelight.patients.visits import day_in, visit_of
from safelight.people.duties import Act, require_duty
from safelight.photos.reading import newest_by_site, photos_since
from safelight.policy.dates import age_on, local_day
from safelight.policy.models import Practice
from safelight.policy.sites import site_words
from safelight.web.bodies import words_of
from safelight.web.phone.signing import PhoneRequest, phone_call

SHORTEST, LONGEST = 2, 80


@require_POST
@phone_call(session=True)
def found(request: PhoneRequest) -> HttpResponse:
    """Find patients by the beginning of a name, a birth date or a number; at most twenty.

    What is typed is a name, so it comes in the body: addresses end up in the logs of proxies.
    """
    text, at = str(words_of(request).get("q", "")).strip()[:LONGEST], now()
    practice = request.person.practice
    if len(text) < SHORTEST:
        require_duty(request.person, Act.PATIENT_SEARCH)
        return JsonResponse({"patients": []})
    rows = search(text, by=request.person, at=at).patients
    return JsonResponse({"patients": [identity(row, practice, at) for row in rows]})


@require_GET
@phone_call(session=True)
def one(request: PhoneRequest, patient_id: UUID) -> HttpResponse:
    """Answer who the patient is, what they agreed to, and what was photographed before."""
    at, person = now(), request.person
    patient = patient_for(person, patient_id, at=at)
    visit = _visit(patient, request.GET.get("visit", ""))
    begins, _ = day_in(person.practice, local_day(at, person.practice.zone))
    today = photos_since(patient, since=begins)
    note_view(patient, by=person, at=at)
    return JsonResponse(
        {
            "patient": identity(patient, person.practice, at),
            "visit": consultation(visit) if visit else None,
            "consents": [summary(row, at=at) for row in live_consents(patient, at=at)],
            "sites": _sites(patient, today),
        }
    )


def identity(patient: Patient, practice: Practice, at: datetime) -> dict[str, Any]:
    """Return a patient as the phone shows them: three identifiers and more, nothing clinical."""
    return {
        "id": str(patient.pk),
        "name": patient.name,
        "given": patient.given,
        "born": patient.born.isoformat(),
        "age": age_on(patient.born, local_day(at, practice.zone)),
        "sex": Patient.Sex(patient.sex).label,
        "record_number": patient.record_number,
        "address": patient.address,
        "restricted": patient.restricted,
    }


def consultation(visit: Visit) -> dict[str, Any]:
    """Return a visit as the phone shows it."""
    return {"id": str(visit.pk), "starts_at": moment(visit.starts_at), "reason": visit.reason}


def moment(at: datetime) -> str:
    """Write an instant as the contracts do: UTC, ending in Z."""
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")


def _visit(patient: Patient, number: str) -> Visit | None:
    if not number:
        return None
    try:
        return visit_of(patient, UUID(number))
    except ValueError:
        raise NotFound from None


def _sites(patient: Patient, today: dict[tuple[str, str], int]) -> list[dict[str, Any]]:
    """Return each site photographed before, with the newest photo's words to start from."""
    rows = []
    for site, photo in newest_by_site(patient):
        words = site_words(site.code, site.side)
        rows.append(
            {
                "code": site.code,
                "side": site.side,
                "name": words[:1].upper() + words[1:],
                "photo_id": str(photo.pk),
                "taken_at": moment(photo.taken_at),
                "label": photo.label,
                "diagnosis": photo.diagnosis,
                "count": site.count,
                "today": today.get((site.code, site.side), 0),
            }
        )
    return rows


urlpatterns = [
    path("patients", found, name="patients"),
    path("patients/<uuid:patient_id>", one, name="patient"),
]
