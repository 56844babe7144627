"""The tray: photos that arrived before anyone knew whose they are."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.patients.access import patient_for, way_to
from safelight.patients.models import Patient
from safelight.patients.searching import search
from safelight.patients.visits import add_visit, visit_of
from safelight.people.duties import Act, letters, may, require_duty
from safelight.people.models import Person
from safelight.photos import reading
from safelight.photos.labelling import NEW_VISIT, may_add_visit
from safelight.photos.matching import match_together
from safelight.photos.models import Photo
from safelight.photos.sittings import by_sitting, sitting_of
from safelight.web.desk.asked import number_in
from safelight.web.desk.patients import DetailsForm, Kept, keep
from safelight.web.desk.sittings import Ticks, numbers_in, visible, visits_for
from safelight.web.desk.templatetags.words import moment
from safelight.web.doors import PersonRequest, signed_in, stepped_up

NEWCOMER = "No visit was booked: the patient of a waiting photo was new"
COVERED = "U"  # reception may see that something waits, not what it shows


@require_GET
@signed_in(Act.PHOTO_MATCH, also=COVERED)
def unmatched(request: PersonRequest) -> HttpResponse:
    """List the photos without a patient by sitting, the longest waiting first."""
    practice = request.person.practice
    start = number_in(request.GET.get("from")) or 0
    rows = list(reading.unmatched(practice)[start : start + reading.ROWS])
    count = reading.unmatched_count(practice)
    after = start + len(rows)
    context = {
        "count": count,
        "sittings": by_sitting(rows),
        "may_match": "A" in letters(request.person, Act.PHOTO_MATCH),
        "after": after,
        "more": max(0, count - after),
    }
    return render(request, "desk/unmatched/list.html", context)


def _chosen(request: PersonRequest, key: str) -> UUID | None:
    text = request.POST.get(key) or request.GET.get(key)
    try:
        return UUID(text) if text else None
    except ValueError:
        raise BadInput("That is not a number of ours.") from None


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_MATCH)
def unmatched_photo(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Find the patient of a sitting: search, look at three identifiers, confirm, file."""
    at, person, again = now(), request.person, stepped_up(request)
    photo = reading.unmatched_photo(person.practice, photo_id)
    ticks = _ticks(request, photo, at=at)
    to_id = _chosen(request, "to")
    to = patient_for(person, to_id, at=at, stepped_up=again) if to_id else None
    if request.method == "POST" and to is not None:
        return _match(request, ticks, to, at=at)
    query = request.POST.get("q", photo.patient_hint.split(",")[0] if not to else "")
    return render(
        request,
        "desk/unmatched/photo.html",
        {
            "photo": photo,
            "count": len(ticks.chosen),
            "frames": ticks.frames(by=person, at=at),
            "query": query,
            "hits": search(query, by=person, at=at).patients if query and to is None else [],
            "may_add": may(person, Act.PATIENT_EDIT),
            "to": to,
            "visits": visits_for(ticks.chosen[0], to, by=person, at=at) if to else None,
            "alike": reading.look_alikes(photo, to) if to else [],
        },
    )


def _ticks(request: PersonRequest, photo: Photo, *, at: datetime) -> Ticks:
    """Return the photos of the sitting; all of them are ticked until a form says otherwise."""
    photos = visible(sitting_of(photo), by=request.person, at=at)
    said = request.method == "POST" and "to" in request.POST
    ticked = numbers_in(request.POST.getlist("photo")) if said else {one.pk for one in photos}
    return Ticks(photo, photos, ticked)


def _match(request: PersonRequest, ticks: Ticks, to: Patient, *, at: datetime) -> HttpResponse:
    """File what is ticked for a patient, and go on to it."""
    adds = request.POST.get("visit") == NEW_VISIT
    visit_id = None if adds else _chosen(request, "visit")
    done = match_together(
        ticks.chosen,
        patient=to,
        visit=visit_of(to, visit_id) if visit_id else None,
        new_visit=adds,
        by=request.person,
        at=at,
        stepped_up=stepped_up(request),
    )
    count = len(done)
    filed = ngettext("Filed %d photo in", "Filed %d photos in", count) % count
    wrong = ngettext(
        "If that is the wrong patient, choose “Wrong patient?” and say why.",
        "If that is the wrong patient, open each photo, choose “Wrong patient?” and say why.",
        count,
    )
    messages.success(request, f"{filed} {to.given}’s record. {wrong}")
    return redirect("desk:photo", done[0].pk) if count == 1 else redirect("desk:patient", to.pk)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_MATCH)
def add(request: PersonRequest, photo_id: UUID) -> HttpResponse:
    """Add the patient of a sitting, starting from what was typed on the phone, and match them.

    The name is looked up by the photo's number, so it never stands in an address.
    """
    at, person = now(), request.person
    require_duty(person, Act.PATIENT_EDIT)
    photo = reading.unmatched_photo(person.practice, photo_id)
    form = DetailsForm(request.POST or None, person=person, initial=_typed(photo, person))
    kept = Kept()
    if form.is_valid():
        kept = keep(request, form, None, at)
        if kept.patient is not None:
            messages.success(request, _added(photo, kept.patient, by=person, at=at))
            there = reverse("desk:unmatched-photo", args=[photo.pk])
            return redirect(f"{there}?to={kept.patient.pk}")
    context = {"form": form, "doubtful": kept.doubtful, "no_consent": True, "photo": photo}
    status = 422 if form.errors else 200
    return render(request, "desk/patients/edit.html", context, status=status)


def _typed(photo: Photo, person: Person) -> dict[str, Any]:
    """Return a form's beginning: the name and birth date of the phone, and a GP as usual GP."""
    name, _, born = photo.patient_hint.rpartition(", ")
    family, _, given = name.partition(", ")
    try:
        day = date.fromisoformat(born)
    except ValueError:
        return {"usual_gp": str(person.pk)}
    return {
        "family": family.title() if family.isupper() else family,  # the phone writes SURNAME
        "given": given,
        "born": f"{day.day}/{day.month}/{day.year}",
        "usual_gp": str(person.pk),
    }


def _added(photo: Photo, patient: Patient, *, by: Person, at: datetime) -> str:
    """Say who was added; where a wall would stand before the newcomer, add the photo's visit.

    That puts them in the adder's care, and so on the privacy officer's list (decision 5).
    """
    said = f"{patient.given} is added."
    if way_to(by, patient, at=at) is not None or not may_add_visit(photo, by):
        return said
    taker, taken = photo.taken_by, photo.taken_at
    add_visit(patient, clinician=taker, starts_at=taken, by=by, at=at, because=NEWCOMER)
    visit = f"The visit of {moment(taken)}, with {taker.name}, is added too."
    return f"{said} {visit} It puts {patient.given} in your care, and the privacy officer is told."


urlpatterns = [
    path("unmatched", unmatched, name="unmatched"),
    path("unmatched/<uuid:photo_id>", unmatched_photo, name="unmatched-photo"),
    path("unmatched/<uuid:photo_id>/add", add, name="unmatched-add"),
]
