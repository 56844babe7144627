"""Home on the phone: whom the desk sent, and today's visits (phone API call 3).

The phone asks every second while home is on its screen, so this is three short reads.
"""

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from safelight.lib.clock import now
from safelight.patients.pushing import newest_push, see_push
from safelight.patients.visits import visits_today
from safelight.photos.reading import unmatched
from safelight.web.bodies import words_of
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


@require_POST
@phone_call(session=True)
def opened(request: PhoneRequest) -> HttpResponse:
    """Note that what the desk sent was opened here, so that home stops offering it."""
    push = newest_push(request.person, at=now())
    if push is not None and str(push.patient_id) == words_of(request).get("patient"):
        see_push(push, phone=request.phone, at=now())
    return JsonResponse({})


urlpatterns = [path("home/opened", opened, name="home-opened"), path("home", home, name="home")]
