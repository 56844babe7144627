"""Patients at the desk: found, added, changed, restricted."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.patients.access import identity_for
from safelight.patients.adding import add_patient
from safelight.patients.details import WORDS, Details, DetailsDoubtful, DetailsWrong
from safelight.patients.editing import (
    edit_patient,
    newest_change,
    restrict,
)
from safelight.patients.looking import note_view
from safelight.patients.models import Patient, PatientChange
from safelight.patients.reading import SHORTEST, changes_of, details_of, gps_of, merges_of
from safelight.patients.rules import NotADate, date_of_birth, shown
from safelight.patients.searching import search
from safelight.people.duties import Act, may, opens_records, require_duty
from safelight.people.models import Person
from safelight.web.desk.asked import number_in
from safelight.web.desk.choices import offer
from safelight.web.doors import PersonRequest, signed_in

NOT_TOLD = -1  # no change has this number, so an edit that doesn’t say what it saw is refused
LAST_SEARCH = "last_patient_search"
ACTS = {
    "added": "Added",
    "edited": "Changed",
    "imported": "From a list",
    "restricted_on": "Restricted",
    "restricted_off": "No longer restricted",
    "merged": "Joined with another record",
    "unmerged": "Parted from another record",
}


class DetailsForm(forms.Form):
    """A patient's details as somebody types them; the rules look at them afterwards."""

    family = forms.CharField(label="Family name", max_length=80)
    given = forms.CharField(label="Given names", max_length=80)
    born = forms.CharField(
        label="Date of birth", max_length=30, help_text="Day/month/year, such as 12/3/1968."
    )
    sex = forms.ChoiceField(label="Sex", choices=Patient.Sex.choices, initial="U")
    record_number = forms.CharField(
        label="Record number",
        max_length=40,
        help_text="The number of this patient in the practice’s record system.",
    )
    address = forms.CharField(label="Address", max_length=200, required=False)
    phone_number = forms.CharField(label="Phone number", max_length=30, required=False)
    usual_gp = forms.ChoiceField(label="Usual GP", required=False)
    medicare = forms.CharField(
        label="Medicare number",
        max_length=40,
        required=False,
        help_text="With the number beside the name: 10 digits, then 1.",
    )
    dva = forms.CharField(label="DVA file number", max_length=40, required=False)
    ihi = forms.CharField(
        label="IHI", max_length=40, required=False, help_text="16 digits, starting 800360."
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        """Offer the practice's own GPs."""
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(person.practice.zone)
        gps = [(str(one.pk), one.name) for one in gps_of(person.practice_id)]
        offer(self, "usual_gp", [("", "Nobody in particular"), *gps])
        for name in ("family", "given", "born", "record_number"):
            self.fields[name].widget.attrs["autocomplete"] = "off"

    def clean_born(self) -> date:
        """Read the date as people here write it; never guess between two."""
        try:
            return date_of_birth(
                self.cleaned_data["born"], today=now().astimezone(self.zone).date()
            )
        except NotADate as slip:
            raise forms.ValidationError(str(slip)) from slip

    def details(self) -> Details:
        """Return what was typed, once the form is valid."""
        words = dict(self.cleaned_data)
        gp = words.pop("usual_gp")
        return Details(**words, usual_gp=UUID(gp) if gp else None)


def initial_of(details: Details) -> dict[str, Any]:
    """Return details as the form shows them."""
    words = {one.name: getattr(details, one.name) for one in fields(details)}
    words["born"] = f"{details.born.day}/{details.born.month}/{details.born.year}"
    words["usual_gp"] = str(details.usual_gp or "")
    for kind in ("ihi", "medicare"):
        words[kind] = shown(kind, words[kind])
    return words


def fingerprint(details: Details, doubtful: dict[str, str]) -> str:
    """Return a mark of the doubtful values, so that a tick counts only for what it was set on."""
    values = sorted((name, str(getattr(details, name)), doubtful[name]) for name in doubtful)
    return sha256(repr(values).encode()).hexdigest()[:16]


@dataclass
class Kept:
    """What came of a form: the patient, or the mark of the doubts to tick."""

    patient: Patient | None = None
    doubtful: str = ""


def keep(request: PersonRequest, form: DetailsForm, patient: Patient | None, at: datetime) -> Kept:
    """Add or change, or put what is wrong or doubtful beside its field."""
    details = form.details()

    def act(sure: bool) -> Patient:
        if patient is None:
            return add_patient(details, by=request.person, at=at, sure=sure)
        seen = number_in(request.POST.get("seen"))
        return edit_patient(
            patient,
            details,
            by=request.person,
            at=at,
            sure=sure,
            seen=NOT_TOLD if seen is None else seen,
        )

    try:
        try:
            return Kept(act(sure=False))
        except DetailsDoubtful as doubt:
            mark = fingerprint(details, doubt.doubtful)
            if request.POST.get("sure") == mark:
                return Kept(act(sure=True))
            for name, words in doubt.doubtful.items():
                form.add_error(name, words)
            return Kept(doubtful=mark)
    except DetailsWrong as slip:
        for name, words in slip.wrong.items():
            form.add_error(name, words)
    return Kept()


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_SEARCH)
def patients(request: PersonRequest) -> HttpResponse:
    """Ask whom to find. What is typed is posted, so that no name ever stands in an address."""
    if request.method == "POST":
        words = {name: request.POST.get(name, "").strip()[:400] for name in ("q", "after")}
        request.session[LAST_SEARCH] = words
        return redirect("desk:patients-found")
    return _search_page(request, "", "")


@require_GET
@signed_in(Act.PATIENT_SEARCH)
def found(request: PersonRequest) -> HttpResponse:
    """Show whom the last search of this sign-in finds. Each showing is in the log."""
    words = request.session.get(LAST_SEARCH) or {}
    return _search_page(request, words.get("q", ""), words.get("after", ""))


def _search_page(request: PersonRequest, query: str, after: str) -> HttpResponse:
    page = search(query, by=request.person, at=now(), after=after) if query else None
    return render(
        request,
        "desk/patients/search.html",
        {
            "query": query,
            "found": page,
            "more": bool(after),
            "short": len(query) < SHORTEST,
            "may_add": may(request.person, Act.PATIENT_EDIT),
            "may_import": may(request.person, Act.PATIENT_IMPORT),
            "may_open": opens_records(request.person),
        },
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_EDIT)
def new(request: PersonRequest) -> HttpResponse:
    """Add a patient. What only looks wrong is kept after a second look and a tick.

    A GP is offered as the usual GP of whom they add: else the newcomer is not in their care.
    """
    mine = {"usual_gp": str(request.person.pk)}  # a choice only where this person is a GP
    form = DetailsForm(request.POST or None, person=request.person, initial=mine)
    kept = Kept()
    if form.is_valid():
        kept = keep(request, form, None, now())
        if kept.patient is not None:
            messages.success(request, f"{kept.patient.given} is added.")
            return redirect("desk:patient-visits", kept.patient.pk)
    context = {"form": form, "doubtful": kept.doubtful, "no_consent": True}
    return render(
        request, "desk/patients/edit.html", context, status=200 if not form.errors else 422
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_EDIT)
def edit(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Change a patient's details, beside what they were before."""
    at = now()
    patient = identity_for(request.person, patient_id, at=at)
    if patient.pk != patient_id:
        return redirect("desk:patient-edit", patient.pk)
    note_view(patient, by=request.person, at=at)
    form = DetailsForm(
        request.POST or None, person=request.person, initial=initial_of(details_of(patient))
    )
    form.fields["seen"] = forms.CharField(
        widget=forms.HiddenInput, initial=str(newest_change(patient)), required=False
    )
    kept = Kept()
    if form.is_valid():
        form.cleaned_data.pop("seen")
        kept = keep(request, form, patient, at)
        if kept.patient is not None:
            messages.success(request, "The details are kept.")
            return redirect("desk:patient-edit", patient.pk)
    context = {
        "form": form,
        "patient": patient,
        "doubtful": kept.doubtful,
        "changes": [ChangeLines.of(change) for change in changes_of(patient)],
        "merges": merges_of(patient),
        "may_merge": may(request.person, Act.PATIENT_MERGE),
        "may_restrict": may(request.person, Act.PATIENT_RESTRICT),
    }
    return render(
        request, "desk/patients/edit.html", context, status=200 if not form.errors else 422
    )


@dataclass(frozen=True)
class ChangeLines:
    """One line of the history, in words."""

    at: datetime
    by: Person | None
    title: str
    reason: str
    lines: list[str]

    @classmethod
    def of(cls, change: PatientChange) -> "ChangeLines":
        """Put a change's past state into words."""
        before = change.before if change.act in ("edited", "imported") else {}
        lines = [
            f"{WORDS[name].capitalize() if name != 'ihi' else 'IHI'}: {value}"
            for name, value in before.items()
            if name in WORDS and name != "usual_gp"
        ]
        return cls(change.at, change.by, ACTS.get(change.act, change.act), change.reason, lines)


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_VIEW)
def restriction(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Restrict a record, or end that, with a reason."""
    at = now()
    patient = identity_for(request.person, patient_id, at=at)
    require_duty(request.person, Act.PATIENT_RESTRICT)
    note_view(patient, by=request.person, at=at)
    problem, reason = "", request.POST.get("reason", "")
    if request.method == "POST":
        try:
            wanted = request.POST.get("restricted") == "yes"
            restrict(patient, wanted, reason=reason, by=request.person, at=at)
            messages.success(
                request, "The record is restricted." if wanted else "The restriction has ended."
            )
            return redirect("desk:patient-visits", patient.pk)
        except BadInput as slip:
            problem = slip.message
    context = {"patient": patient, "problem": problem, "reason": reason}
    return render(request, "desk/patients/restrict.html", context, status=422 if problem else 200)


urlpatterns = [
    path("patients", patients, name="patients"),
    path("patients/found", found, name="patients-found"),
    path("patients/new", new, name="patient-new"),
    path("patients/<uuid:patient_id>/edit", edit, name="patient-edit"),
    path("patients/<uuid:patient_id>/restrict", restriction, name="patient-restrict"),
]
