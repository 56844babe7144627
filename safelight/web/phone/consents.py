"""A consent from the phone, or shown on the patient's own: calls 6 and 13 of the phone API."""

from typing import Any
from uuid import UUID

import segno
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.consent.arriving import record_arrival
from safelight.consent.models import Showing
from safelight.consent.own_phone import show, shown_by, take_back
from safelight.consent.reading import consent_by_id, summary
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.patients.access import patient_for
from safelight.people.duties import Act, require_duty
from safelight.web.bodies import words_of
from safelight.web.phone.signing import PhoneRequest, phone_call


@require_http_methods(["PUT"])
@phone_call(session=True)
def consent(request: PhoneRequest, consent_id: UUID) -> HttpResponse:
    """Record a consent, or a no, under the id that the phone chose. A repeat answers the same."""
    at, person = now(), request.person
    require_duty(person, Act.CONSENT_RECORD)
    body = words_of(request)
    patient = patient_for(person, _patient_id(body), at=at)
    kept = record_arrival(patient, id=consent_id, body=body, by=person, at=at, phone=request.phone)
    fresh = consent_by_id(person.practice, kept.pk)
    return JsonResponse({"consent": summary(fresh, at=at)})


@require_http_methods(["GET", "PUT", "DELETE"])
@phone_call(session=True)
def showing(request: PhoneRequest, consent_id: UUID) -> HttpResponse:
    """Show a consent on the patient's own phone, say how far it is, or take it back."""
    at, person = now(), request.person
    if request.method == "PUT":
        body = words_of(request)
        patient = patient_for(person, _patient_id(body), at=at)
        new = show(patient, id=consent_id, body=body, by=person, at=at, phone=request.phone)
        square = ["".join(map(str, line)) for line in segno.make_qr(new.link, error="m").matrix]
        told = {"code": new.typed, "link": new.link, "square": square}
        return JsonResponse({"showing": _far(new.row) | told})
    if request.method == "DELETE":
        take_back(person, consent_id, at=at)
    row = shown_by(person, consent_id, at=at)
    kept = None
    if row.state in (Showing.State.AGREED, Showing.State.DECLINED):
        kept = summary(consent_by_id(person.practice, consent_id), at=at)
    return JsonResponse({"showing": _far(row), "consent": kept})


def _far(row: Showing) -> dict[str, str]:
    return {"state": row.state, "ends_at": row.ends_at.isoformat()}


def _patient_id(body: dict[str, Any]) -> UUID:
    try:
        return UUID(str(body.get("patient")))
    except ValueError:
        raise BadInput("The consent does not say whose it is.") from None


urlpatterns = [
    path("consents/<uuid:consent_id>", consent, name="consent"),
    path("consents/<uuid:consent_id>/showing", showing, name="showing"),
]
