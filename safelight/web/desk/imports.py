"""Lists at the desk: choose a file, see what it would do, bring it in, read the report."""

from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from safelight.lib.clock import now
from safelight.patients.batches import Outcome
from safelight.patients.importing import (
    BATCH,
    bring_in,
    check_list,
    choose_columns,
    confirm_list,
    findings_of,
    headings_of,
    leave_list,
    list_for,
    report,
)
from safelight.patients.list_rows import FIELD_WORDS, missing
from safelight.patients.models import PatientList
from safelight.patients.sheets import LARGEST, NotASheet
from safelight.people.duties import Act
from safelight.web.desk.asked import number_in
from safelight.web.doors import PersonRequest, signed_in

SHOWN = 200  # findings on the page; the report has them all


@require_http_methods(["GET", "POST"])
@signed_in(Act.PATIENT_IMPORT)
def choose(request: PersonRequest) -> HttpResponse:
    """Take a file and check it. Nothing is changed until somebody has seen what it would do."""
    problem: NotASheet | None = None
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            kept = check_list(_content(file), by=request.person, at=now())
            return redirect("desk:patient-list", kept.pk)
        except NotASheet as slip:
            problem = slip
    context = {"problem": problem, "headings": FIELD_WORDS.values()}
    return render(request, "desk/imports/choose.html", context, status=422 if problem else 200)


def _content(file: object) -> bytes:
    if not isinstance(file, UploadedFile):
        raise NotASheet(
            "No file came with the form, or it was too large.",
            remedy=f"Choose a CSV file of at most {LARGEST // 1024 // 1024} MB.",
        )
    if file.size is not None and file.size > LARGEST:
        raise NotASheet("The file is too large.", remedy="Cut it into smaller files.")
    return bytes(file.read())


@require_GET
@signed_in(Act.PATIENT_IMPORT)
def shown(request: PersonRequest, list_id: UUID) -> HttpResponse:
    """Show what a list would do, is doing or did."""
    kept = list_for(request.person, list_id)
    counts = kept.forecast if kept.state == PatientList.State.CHECKED else kept.result
    headings = headings_of(kept) if kept.state == PatientList.State.CHECKED else []
    findings = findings_of(kept, limit=SHOWN + 1)
    return render(
        request,
        "desk/imports/list.html",
        {
            "list": kept,
            "counts": [
                (one.label, counts.get(one.value, 0))
                for one in Outcome
                if counts.get(one.value, 0) or one is Outcome.ADDED
            ],
            "counted": {one.value: counts.get(one.value, 0) for one in Outcome},
            "to_do": counts.get("added", 0) + counts.get("changed", 0),
            "missing": missing(kept.columns),
            "findings": findings[:SHOWN],
            "more": len(findings) > SHOWN,
            "batch": BATCH,
            "headings": list(enumerate(headings)),
            "fields": [
                (name, words[:1].upper() + words[1:], kept.columns.get(name))
                for name, words in FIELD_WORDS.items()
            ],
        },
    )


@require_POST
@signed_in(Act.PATIENT_IMPORT)
def columns(request: PersonRequest, list_id: UUID) -> HttpResponse:
    """Take which column holds what, and check the file again."""
    told = {name: number_in(request.POST.get(name)) for name in FIELD_WORDS}
    chosen = {name: number for name, number in told.items() if number is not None}
    kept = list_for(request.person, list_id)
    choose_columns(kept, chosen, by=request.person, at=now())
    return redirect("desk:patient-list", kept.pk)


@require_POST
@signed_in(Act.PATIENT_IMPORT)
def confirm(request: PersonRequest, list_id: UUID) -> HttpResponse:
    """Bring a list in. Its first batch comes at once: a short list is done; the worker goes on."""
    at = now()
    kept = confirm_list(list_for(request.person, list_id), by=request.person, at=at)
    bring_in(kept, at=at, batches=1)
    return redirect("desk:patient-list", kept.pk)


@require_POST
@signed_in(Act.PATIENT_IMPORT)
def leave(request: PersonRequest, list_id: UUID) -> HttpResponse:
    """Leave a list alone; its file is emptied."""
    leave_list(list_for(request.person, list_id), by=request.person, at=now())
    messages.success(request, "Left alone. Nothing was changed, and the file is not kept.")
    return redirect("desk:patient-import")


@require_GET
@signed_in(Act.PATIENT_IMPORT)
def report_file(request: PersonRequest, list_id: UUID) -> HttpResponse:
    """Give the report as a CSV file: row numbers and what to do, no names."""
    kept = list_for(request.person, list_id)
    answer = HttpResponse("\ufeff" + report(kept), content_type="text/csv; charset=utf-8")
    name = f"list-report-{timezone.localdate(kept.added_at):%Y%m%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


urlpatterns = [
    path("patients/import", choose, name="patient-import"),
    path("patients/import/<uuid:list_id>", shown, name="patient-list"),
    path("patients/import/<uuid:list_id>/columns", columns, name="patient-list-columns"),
    path("patients/import/<uuid:list_id>/confirm", confirm, name="patient-list-confirm"),
    path("patients/import/<uuid:list_id>/leave", leave, name="patient-list-leave"),
    path("patients/import/<uuid:list_id>/report.csv", report_file, name="patient-list-report"),
]
