"""The audit log on the desk: the whole of it, and "who saw my photos" for one patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from safelight.audit import reading
from safelight.audit.actions import ACTIONS
from safelight.audit.checkpoints import latest
from safelight.audit.log import record
from safelight.audit.models import Entry
from safelight.consent.uses import USES
from safelight.lib.clock import now
from safelight.patients.access import patient_for
from safelight.patients.breaking_glass import REASONS
from safelight.people.duties import Act, role_names
from safelight.people.models import Person
from safelight.photos.printing import PURPOSES
from safelight.web.doors import PersonRequest, signed_in, stepped_up

PRINTED = 500
LOOKS: Final = {
    "photo.viewed": {"full": "At actual size"},
    "photo.thumbnails_viewed": {},
    "photo.ghost_viewed": {},
    "photo.original_viewed": {},
    "photo.compared": {},
    "photo.printed": PURPOSES,
}
"""What the purposes of looking are called; one that only repeats the act is left out."""


@dataclass(frozen=True)
class Line:
    """One entry in words. Names are looked up for the page; the log itself holds none."""

    number: int
    at: datetime
    who: str
    role: str
    did: str
    purpose: str
    outcome: str
    url: str


def _url_of(entry: Entry) -> str:
    kind, _, number = entry.object.partition(":")
    pages = {"photo": "photo", "patient": "patient", "consent": "consent", "phone": "phone"}
    return reverse(f"desk:{pages[kind]}", args=[number]) if kind in pages and number else ""


def _purpose(entry: Entry) -> str:
    """Say what an act was for in words; how a picture is named inside is nothing to read."""
    if entry.action in LOOKS:
        return LOOKS[entry.action].get(entry.purpose, "")
    if entry.action == "break_glass.opened":
        return REASONS.get(entry.purpose, entry.purpose)
    return USES[entry.purpose].title if entry.purpose in USES else entry.purpose


def lines(entries: Sequence[Entry], practice: UUID) -> list[Line]:
    """Put entries into words. Somebody of another practice is never named, only numbered."""
    ids = {entry.actor_id for entry in entries if entry.actor_id}
    names = {p.pk: p.name for p in Person.objects.filter(practice_id=practice, pk__in=ids)}
    roles = role_names()
    return [
        Line(
            entry.n,
            entry.at,
            names.get(entry.actor_id, "Someone else") if entry.actor_id else "Safelight",
            ", ".join(roles.get(code, code) for code in entry.role.split("+") if code),
            ACTIONS.get(entry.action, entry.action),
            _purpose(entry),
            entry.outcome,
            _url_of(entry),
        )
        for entry in entries
    ]


@transaction.atomic
def _note(request: PersonRequest, *, at: datetime, patient: UUID | None = None) -> None:
    """Write that this person looked at the log; without that entry nothing is shown."""
    record(
        "audit.viewed",
        practice=request.person.practice_id,
        by=request.person,
        of=f"patient:{patient}" if patient else "",
        patient=patient,
        at=at,
    )


@require_GET
@signed_in(Act.AUDIT_ALL)
def audit(request: PersonRequest) -> HttpResponse:
    """Show the log, newest first, by key. Looking at it is an entry too."""
    at, practice = now(), request.person.practice
    before = request.GET.get("before", "")
    page = reading.newest(practice.pk, before=int(before) if before.isdigit() else None)
    _note(request, at=at)
    context = {
        "lines": lines(page.entries, practice.pk),
        "before": page.before,
        "size": reading.size(practice.pk),
        "checkpoint": latest(practice.pk),
    }
    return render(request, "desk/audit/log.html", context)


@require_GET
@signed_in(Act.AUDIT_PATIENT)
def who_saw(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Show who looked at a patient's photos, to read with the patient or to print for them."""
    at, practice = now(), request.person.practice
    patient = patient_for(request.person, patient_id, at=at, stepped_up=stepped_up(request))
    page = reading.views_of_patient(practice.pk, patient.pk, limit=PRINTED)
    _note(request, at=at, patient=patient.pk)
    found = lines(page.entries, practice.pk)
    context = {
        "patient": patient,
        "at": at,
        "lines": found,
        "people": len({line.who for line in found}),
        "more": page.before is not None,
    }
    return render(request, "desk/audit/who_saw.html", context)


urlpatterns = [
    path("audit", audit, name="audit"),
    path("patients/<uuid:patient_id>/who-saw", who_saw, name="who-saw"),
]
