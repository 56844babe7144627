"""Break-glass at the desk: a reason opens a record for 30 minutes, and an officer looks at it."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.lib.clock import now
from safelight.lib.refusals import NotAllowed
from safelight.patients.access import Way, live_grant, way_to
from safelight.patients.breaking_glass import (
    LONGEST_WORDS,
    REASONS,
    SHORTEST_WORDS,
    WAYS_IN,
    break_glass,
    grant_to_review,
    officers_for,
    reason_words,
    review_break_glass,
)
from safelight.patients.reading import named
from safelight.people.duties import Act, letters
from safelight.web.doors import PersonRequest, signed_in


class ReasonForm(forms.Form):
    """Why a record outside care is opened."""

    reason = forms.ChoiceField(
        label="Why do you need it now?", choices=list(REASONS.items()), widget=forms.RadioSelect
    )
    words = forms.CharField(
        label="In a few words",
        min_length=SHORTEST_WORDS,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_VIEW_WALLED)
def open_record(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Ask why, say who is told, then open one record for 30 minutes."""
    at = now()
    patient = named(request.person, patient_id)
    if "B" not in letters(request.person, Act.PHOTO_VIEW_WALLED):
        raise NotAllowed("You open this record by confirming with your passkey, not this way.")
    if way_to(request.person, patient, at=at) in (Way.CARE, Way.OWN):
        return redirect("desk:patient", patient.pk)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        break_glass(patient, by=request.person, at=at, **form.cleaned_data)
        told = ", ".join(one.name for one in officers_for(request.person)) or "Nobody else"
        messages.success(request, f"Open to you for 30 minutes. Told: {told}.")
        return redirect("desk:patient", patient.pk)
    context = {
        "patient": patient,
        "form": form,
        "officers": officers_for(request.person),
        "grant": live_grant(request.person, patient, at=at),
        "no_consent": True,
    }
    return render(
        request, "desk/break_glass/open.html", context, status=422 if form.errors else 200
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_VIEW)
def review(request: PersonRequest, grant_id: UUID) -> HttpResponse:
    """Show an officer who opened what and why, and note that it was looked at."""
    grant = grant_to_review(request.person, grant_id)
    if request.method == "POST":
        review_break_glass(grant.pk, by=request.person, at=now())
        messages.success(request, "Noted. It is off the list.")
        return redirect("desk:today")
    context = {
        "grant": grant,
        "patient": grant.patient,
        "reason": reason_words(grant.reason),
        "is_way_in": grant.reason in WAYS_IN,
        "no_consent": True,
    }
    return render(request, "desk/break_glass/review.html", context)


urlpatterns = [
    path("break-glass/<uuid:patient_id>", open_record, name="break-glass"),
    path("break-glass/reviews/<uuid:grant_id>", review, name="break-glass-review"),
]
