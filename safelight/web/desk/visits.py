"""Visits at the desk: a patient's visits, a new one, and "Send to my phone"."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, NotFound
from safelight.patients.access import way_to
from safelight.patients.looking import note_view
from safelight.patients.models import Patient, Visit
from safelight.patients.pushing import send_to_phone
from safelight.patients.reading import clinicians_of, named
from safelight.patients.visits import (
    add_visit,
    cancel_visit,
    opens_by_visit,
    reads_reasons,
    visit_of,
    visits_of,
    visits_on_day,
)
from safelight.people.duties import Act, may, opens_records
from safelight.people.models import Person
from safelight.web.desk.choices import offer
from safelight.web.desk.templatetags.words import clock
from safelight.web.doors import PersonRequest, is_our_path, signed_in, stepped_up


class VisitForm(forms.Form):
    """A new visit: with whom, when, what about."""

    clinician = forms.ChoiceField(label="With")
    day = forms.DateField(label="Day", widget=forms.DateInput(attrs={"type": "date"}))
    time = forms.TimeField(label="Time", widget=forms.TimeInput(attrs={"type": "time"}))
    reason = forms.CharField(label="What about", max_length=200, required=False)

    def __init__(self, *args: Any, person: Person, at: datetime, **kwargs: Any) -> None:
        """Offer the practice's clinicians, and now as the time."""
        self.zone = ZoneInfo(person.practice.zone)
        here = at.astimezone(self.zone)
        people = list(clinicians_of(person.practice_id))
        own = str(person.pk) if person in people else ""
        kwargs.setdefault(
            "initial",
            {"day": f"{here:%Y-%m-%d}", "time": f"{here:%H:%M}", "clinician": own},
        )
        super().__init__(*args, **kwargs)
        offer(self, "clinician", [("", "Choose"), *((str(one.pk), one.name) for one in people)])

    def starts_at(self) -> datetime:
        """Return the moment, read in the practice's zone."""
        return datetime.combine(
            self.cleaned_data["day"], self.cleaned_data["time"], tzinfo=self.zone
        )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_VIEW)
def visits(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Show a patient's visits and add one. Reasons are covered where a wall stands."""
    at = now()
    patient = named(request.person, patient_id)
    if patient.pk != patient_id:
        return redirect("desk:patient-visits", patient.pk)
    note_view(patient, by=request.person, at=at)
    form = VisitForm(request.POST or None, person=request.person, at=at)
    if request.method == "POST" and form.is_valid():
        try:
            _add(patient, form, by=request.person, at=at)
        except BadInput as slip:
            form.add_error("day", slip.message)
        else:
            messages.success(request, "The visit is added.")
            return redirect("desk:patient-visits", patient.pk)
    open_to_me = way_to(request.person, patient, at=at) is not None
    return render(
        request,
        "desk/visits/visits.html",
        {
            "patient": patient,
            "visits": visits_of(patient),
            "form": form if may(request.person, Act.VISIT_EDIT) else None,
            "reasons": reads_reasons(request.person, patient, is_open=open_to_me),
            "may_push": open_to_me and may(request.person, Act.VISIT_PUSH),
            "may_open": opens_records(request.person),
            "may_edit": may(request.person, Act.PATIENT_EDIT),
            "may_who_saw": may(request.person, Act.AUDIT_PATIENT),
            "may_consent": may(request.person, Act.CONSENT_RECORD, also="F"),
            "no_consent": not open_to_me and patient.restricted,
        },
        status=422 if form.errors else 200,
    )


def _add(patient: Patient, form: VisitForm, *, by: Person, at: datetime) -> None:
    clinician = clinicians_of(by.practice_id).get(pk=form.cleaned_data["clinician"])
    add_visit(
        patient,
        clinician=clinician,
        starts_at=form.starts_at(),
        reason=form.cleaned_data["reason"],
        by=by,
        at=at,
    )


@require_POST
@signed_in(Act.VISIT_EDIT)
def cancel(request: PersonRequest, patient_id: UUID, visit_id: UUID) -> HttpResponse:
    """Take back a visit that was added by mistake, while nothing belongs to it."""
    patient = named(request.person, patient_id)
    cancel_visit(visit_of(patient, visit_id), by=request.person, at=now())
    messages.success(request, "The visit is taken back.")
    return redirect("desk:patient-visits", patient.pk)


@require_POST
@signed_in(Act.VISIT_PUSH)
def push(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Put a patient on the sender's own phone, with the visit given, or today's, or an added one.

    What was added, and what that opened, is said, as it was on the button.
    """
    at, person = now(), request.person
    patient = named(person, patient_id)
    visit = None
    if request.POST.get("visit"):
        try:
            visit = visit_of(patient, UUID(request.POST["visit"]))
        except ValueError:
            raise NotFound from None
    was_booked = visit is not None or visits_on_day(patient, at=at).exists()
    brings_in = opens_by_visit(person, patient, at=at)
    push = send_to_phone(patient, visit=visit, by=person, at=at, stepped_up=stepped_up(request))
    sent = f"Sent. Your phone shows {patient.given} as soon as it is unlocked."
    if not was_booked:
        sent += f" {_added(push.visit, brings_in=brings_in)}"
    messages.success(request, sent)
    back = request.POST.get("next", "")
    if is_our_path(back):
        return redirect(back)
    return redirect("desk:patient-visits", patient.pk)


def _added(visit: Visit | None, *, brings_in: bool) -> str:
    """Say that a visit was added, and what that opened."""
    if visit is None:
        return ""
    said = f"A visit today at {clock(visit.starts_at)} was added for the photos."
    into = f" It puts {visit.patient.given} in your care, and the privacy officer is told."
    return said + (into if brings_in else "")


urlpatterns = [
    path("patients/<uuid:patient_id>/visits", visits, name="patient-visits"),
    path("patients/<uuid:patient_id>/visits/<uuid:visit_id>/cancel", cancel, name="visit-cancel"),
    path("patients/<uuid:patient_id>/push", push, name="push"),
]
