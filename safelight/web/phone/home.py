"""Home on the phone: whom the desk sent, and today's visits (phone API call 3).

The phone asks every second while home is on its screen, so this is three short reads.
"""

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET

from safelight.lib.clock import now
from safelight.patients.pushing import newest_push
from safelight.patients.visits import visits_today
from safelight.photos.reading import unmatched
from safelight.web.phone.patients import consultation, identity, moment
from safelight.web.phone.signing import PhoneRequest, phone_call


@require_GET
@phone_call(session=True)
def home(request: PhoneRequest) -> HttpResponse:
    """Answer the newest push nobody has opened, the person's own visits today, and the tray."""
    at, person = now(), request.person
    practice = request.phone.practice
    push = newest_push(person, at=at)
    return JsonResponse(
        {
            "pushed": {
                "patient": identity(push.patient, practice, at),
                "visit": consultation(push.visit) if push.visit else None,
                "at": moment(push.at),
            }
            if push
            else None,
            "today": [
                {
                    "visit": consultation(visit),
                    "patient": identity(visit.patient, practice, at),
                }
                for visit in visits_today(practice, at=at, person=person)
            ],
            "server_time": moment(at),
            "unmatched": unmatched(practice).count(),
        }
    )


urlpatterns = [path("home", home, name="home")]
