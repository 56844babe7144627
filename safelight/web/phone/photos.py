"""Photos on the phone: the ghost of an earlier one, and where a patient's photos are (8, 12)."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET

from safelight.lib.clock import now
from safelight.lib.refusals import NotFound
from safelight.photos.access import Form, photo_for
from safelight.photos.reading import capture_in, whereabouts
from safelight.photos.viewing import open_rendition
from safelight.web.phone.signing import PhoneRequest, phone_call


@require_GET
@phone_call(session=True)
def ghost(request: PhoneRequest, photo_id: UUID) -> HttpResponse:
    """Answer an earlier photo to aim by. It is entered in the log first, and is never stored."""
    at = now()
    photo = photo_for(request.person, photo_id, at=at, rendition=Form.GHOST)
    data = open_rendition(photo, Form.GHOST, by=request.person, at=at)
    return HttpResponse(data, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


@require_GET
@phone_call(session=True)
def where(request: PhoneRequest, capture_id: UUID) -> HttpResponse:
    """Answer how many photos of this capture's patient are on phones, and how many are filed."""
    capture = capture_in(request.phone.practice, capture_id)
    if capture is None:
        raise NotFound
    photo = getattr(capture, "photo", None)
    if photo is not None:
        photo_for(request.person, photo.pk, at=now())
    elif capture.phone_id != request.phone.pk:
        raise NotFound
    on_phone, in_record = whereabouts(capture)
    return JsonResponse({"photos_on_phone": on_phone, "in_record": in_record})


urlpatterns = [
    path("photos/<uuid:photo_id>/ghost", ghost, name="ghost"),
    path("photos/<uuid:capture_id>/whereabouts", where, name="whereabouts"),
]
