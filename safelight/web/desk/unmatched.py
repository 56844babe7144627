"""The tray: photos that arrived before anyone knew whose they are."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.patients.access import patient_for
from safelight.patients.models import Patient
from safelight.patients.searching import search
from safelight.patients.visits import visit_of, visits_of
from safelight.people.duties import Act, letters
from safelight.photos import reading
from safelight.photos.matching import match_photo
from safelight.web.doors import PersonRequest, signed_in, stepped_up

COVERED = "U"  # reception may see that something waits, not what it shows


@require_GET
@signed_in(Act.PHOTO_MATCH, also=COVERED)
def unmatched(request: PersonRequest) -> HttpResponse:
    """List the photos without a patient, the longest waiting first."""
    rows = list(reading.unmatched(request.person.practice)[:100])
    may_match = "A" in letters(request.person, Act.PHOTO_MATCH)
    return render(request, "desk/unmatched/list.html", {"photos": rows, "may_match": may_match})


def _chosen(request: PersonRequest, key: str) -> UUID | None:
    text = request.POST.get(key) or request.GET.get(key)
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadInput("That is not a number of ours.") from None


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_MATCH)
def unmatched_photo(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Find the patient of one photo: search, look at three identifiers, confirm, file."""
    at, person = now(), request.person
    photo = reading.unmatched_photo(person.practice, photo_id)
    to_id = _chosen(request, "to")
    to: Patient | None = (
        patient_for(person, to_id, at=at, stepped_up=stepped_up(request)) if to_id else None
    )
    if request.method == "POST" and to is not None:
        match_photo(
            photo,
            patient=to,
            visit=visit_of(to, visit_id) if (visit_id := _chosen(request, "visit")) else None,
            by=person,
            at=at,
            stepped_up=stepped_up(request),
        )
        return redirect("desk:photo", photo.pk)
    query = request.POST.get("q", photo.patient_hint.split(",")[0] if not to else "")
    return render(
        request,
        "desk/unmatched/photo.html",
        {
            "photo": photo,
            "query": query,
            "hits": search(query, by=person, at=at).patients if query and to is None else [],
            "to": to,
            "visits": visits_of(to, limit=5) if to else [],
            "alike": reading.look_alikes(photo, to) if to else [],
        },
    )


urlpatterns = [
    path("unmatched", unmatched, name="unmatched"),
    path("unmatched/<uuid:photo_id>", unmatched_photo, name="unmatched-photo"),
]
