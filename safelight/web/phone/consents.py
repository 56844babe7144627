"""A consent from the phone: call 6 of the phone API."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.consent.arriving import record_arrival
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


def _patient_id(body: dict[str, Any]) -> UUID:
    try:
        return UUID(str(body.get("patient")))
    except ValueError:
        raise BadInput("The consent does not say whose it is.") from None


urlpatterns = [path("consents/<uuid:consent_id>", consent, name="consent")]
