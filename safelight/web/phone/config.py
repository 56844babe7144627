"""The phone's settings, wording, uses, body sites and capture sets: call 2 of the phone API."""

from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET

from safelight.consent.uses import CARE, USES, Use
from safelight.people.models import Person
from safelight.people.phone_keys import unpadded
from safelight.policy.countries import COUNTRIES
from safelight.policy.models import Notice
from safelight.policy.settings import all_settings
from safelight.policy.sites import capture_sets, site_rows
from safelight.policy.words import newest_notice
from safelight.vault.keyring import current
from safelight.web.phone.signing import PhoneRequest, phone_call

SENT: Final = (
    "lock_seconds",
    "alarm_hours",
    "incomplete_hours",
    "max_photos_per_visit",
    "max_long_edge",
    "max_bytes",
    "label_pattern",
    "guardian_under",
    "review_months",
)


@require_GET
@phone_call(session=True)
def config(request: PhoneRequest) -> HttpResponse:
    """Give the phone what it needs to ask and to take photos. It names no patient."""
    person, key = request.person, current().newest_capture_key
    practice = person.practice
    settings = all_settings(practice)
    asked = {CARE, *settings["uses_asked"]}
    return JsonResponse(
        {
            "practice": {
                "id": str(practice.pk),
                "name": practice.name,
                "zone": practice.zone,
                "contact": practice.contact,
            },
            "person": person_words(person),
            "capture_key": {"id": key.id, "public": unpadded(key.public)},
            "settings": {name: settings[name] for name in SENT}
            | {
                "maturity_from": settings["guardian_under"],
                "maturity_to": settings["adult_from"] - 1,
            },
            "notice": notice_words(newest_notice(practice)),
            "uses": [use_words(use, ask=use.code in asked) for use in USES.values()],
            "recipients": settings["usual_recipients"],
            "countries": list(COUNTRIES.values()),
            "sites": site_rows(),
            "sets": capture_sets(),
        }
    )


def person_words(person: Person) -> dict[str, Any]:
    """Return who is signed in, as the phone greets them."""
    return {
        "id": str(person.pk),
        "name": person.name,
        "given": person.given,
        "roles": list(person.roles),
    }


def use_words(use: Use, *, ask: bool) -> dict[str, Any]:
    """Return one use as it is asked, and as the patient reads it before signing."""
    return {
        "code": use.code,
        "title": use.title,
        "hint": use.hint,
        "patient": use.patient,
        "ask": ask,
    }


def notice_words(notice: Notice) -> dict[str, Any]:
    """Return the wording in use, with the number that a consent names it by."""
    return {"id": notice.pk, "version": notice.version, "points": notice.points}


urlpatterns = [path("config", config, name="config")]
