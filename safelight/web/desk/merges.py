"""Merges at the desk: two records of one patient are found, compared, joined, and parted again."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, NotFound
from safelight.patients.access import identity_for
from safelight.patients.details import WORDS
from safelight.patients.keeping import snapshot
from safelight.patients.looking import note_view
from safelight.patients.merging import merge_patients, undo_merge
from safelight.patients.models import Patient
from safelight.patients.reading import details_of, merge_of
from safelight.patients.searching import search
from safelight.people.duties import Act
from safelight.web.desk.templatetags.patients import sex
from safelight.web.desk.templatetags.words import day
from safelight.web.doors import PersonRequest, signed_in


@dataclass(frozen=True)
class Compared:
    """One line of the comparison."""

    words: str
    here: str
    there: str

    @property
    def differs(self) -> bool:
        """Whether the two records disagree here."""
        return self.here != self.there


def compare(here: Patient, there: Patient) -> list[Compared]:
    """Put two records side by side, in the words of the page."""
    left, right = snapshot(details_of(here)), snapshot(details_of(there))
    rows = []
    for name, words in WORDS.items():
        pair = [str(one.get(name, "")) for one in (left, right)]
        if name == "born":
            pair = [day(one.born) for one in (here, there)]
        if name == "sex":
            pair = [sex(one.sex) for one in (here, there)]
        if name == "usual_gp":
            pair = [one.usual_gp.name if one.usual_gp else "" for one in (here, there)]
        rows.append(Compared(words[:1].upper() + words[1:], *pair))
    visits = [str(one.visits.count()) for one in (here, there)]
    return [*rows, Compared("Visits", *visits)]


def _patient(request: PersonRequest, patient_id: UUID, *, at: datetime) -> Patient:
    """Load a patient whose details are about to be compared, and enter who looks at them."""
    found = identity_for(request.person, patient_id, at=at)
    note_view(found, by=request.person, at=at)
    return found


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_MERGE)
def choose(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Find the other record. What is typed is posted, so that no name stands in an address."""
    at = now()
    patient = _patient(request, patient_id, at=at)
    query = request.POST.get("q", "").strip()
    hits = search(query, by=request.person, at=at).patients if query else []
    return render(
        request,
        "desk/patients/merge.html",
        {
            "patient": patient,
            "query": query,
            "hits": [one for one in hits if one.pk != patient.pk],
        },
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_MERGE)
def join(request: PersonRequest, patient_id: UUID, other_id: UUID) -> HttpResponse:
    """Compare two records, then join them with a reason; neither is chosen beforehand."""
    at = now()
    patient = _patient(request, patient_id, at=at)
    other = _patient(request, other_id, at=at)
    if patient.pk == other.pk:
        raise NotFound
    chosen, reason = request.POST.get("keep", ""), request.POST.get("reason", "")
    problems: dict[str, str] = {}
    keep = {str(one.pk): one for one in (patient, other)}.get(chosen)
    if request.method == "POST" and keep is None:
        problems["keep"] = "Choose the record that is kept."
    elif keep is not None and request.method == "POST":
        gone = other if keep is patient else patient
        try:
            merge_patients(keep, gone, reason=reason, by=request.person, at=at)
        except BadInput as slip:
            problems["reason"] = slip.message
        else:
            messages.success(request, f"Record {gone.record_number} is joined to this one.")
            return redirect("desk:patient-edit", keep.pk)
    return render(
        request,
        "desk/patients/merge.html",
        {
            "patient": patient,
            "other": other,
            "rows": compare(patient, other),
            "chosen": keep.pk if keep else None,
            "reason": reason,
            "problems": problems,
        },
        status=422 if problems else 200,
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_MERGE)
def part(request: PersonRequest, merge_id: UUID) -> HttpResponse:
    """Part two records again, with a reason."""
    at = now()
    merge = merge_of(request.person, merge_id)
    patient = _patient(request, merge.keep_id, at=at)
    problem, reason = "", request.POST.get("reason", "")
    if request.method == "POST":
        try:
            undo_merge(merge, reason=reason, by=request.person, at=at)
        except BadInput as slip:
            problem = slip.message
        else:
            messages.success(request, f"Record {merge.gone.record_number} stands by itself again.")
            return redirect("desk:patient-edit", merge.keep_id)
    context = {"merge": merge, "patient": patient, "problem": problem, "reason": reason}
    return render(request, "desk/patients/undo.html", context, status=422 if problem else 200)


urlpatterns = [
    path("patients/<uuid:patient_id>/merge", choose, name="patient-merge"),
    path("patients/<uuid:patient_id>/merge/<uuid:other_id>", join, name="patient-merge-with"),
    path("merges/<uuid:merge_id>/undo", part, name="merge-undo"),
]
