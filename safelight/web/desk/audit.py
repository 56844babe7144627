"""The audit log on the desk: the whole of it, and "who saw my photos" for one patient."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_GET

from safelight.audit import reading
from safelight.audit.actions import words_for
from safelight.audit.checkpoints import latest
from safelight.audit.log import record
from safelight.audit.models import Entry
from safelight.lib.clock import now
from safelight.patients.access import identity_for, patient_for
from safelight.people.duties import Act, may, opens_records, role_names
from safelight.people.models import Person
from safelight.people.reading import names_by_id
from safelight.sharing.reading import recipients_of
from safelight.web.desk.asked import number_in
from safelight.web.desk.audit_codes import outcome_words, purpose_words
from safelight.web.desk.audit_sought import Seeking, find_patient, seeking
from safelight.web.doors import PersonRequest, signed_in, stepped_up

PRINTED = 500
NOTHING: Final = reading.Page([], None)
BY_LINK = {"SP": "A recipient", "PT": "The patient"}
"""Readers without a sign-in, by the role that the log writes for them."""


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
    has_words: bool


def _url_of(entry: Entry) -> str:
    kind, _, number = entry.object.partition(":")
    pages = {"photo": "photo", "patient": "patient", "consent": "consent", "phone": "phone"}
    return reverse(f"desk:{pages[kind]}", args=[number]) if kind in pages and number else ""


def _who(entry: Entry, names: dict[UUID, str]) -> str:
    if entry.actor_id is None:
        return "Safelight"
    return names.get(entry.actor_id) or BY_LINK.get(entry.role, "Someone else")


def lines(entries: Sequence[Entry], reader: Person) -> list[Line]:
    """Put entries into words. Somebody of another practice is never named, only numbered.

    Whoever looked by a link is named as the share names them, to a reader who may see shares.
    """
    ids = {entry.actor_id for entry in entries if entry.actor_id}
    names = recipients_of(reader, ids) | names_by_id(reader)
    roles = role_names() | dict.fromkeys(BY_LINK, "By a link or code")
    return [
        Line(
            entry.n,
            entry.at,
            _who(entry, names),
            ", ".join(roles.get(code, code) for code in entry.role.split("+") if code),
            words_for(entry.action),
            purpose_words(entry),
            outcome_words(entry),
            _url_of(entry),
            bool(entry.detail_commit),
        )
        for entry in entries
    ]


@transaction.atomic
def _note(
    request: PersonRequest, *, at: datetime, of: str = "", patient: UUID | None = None
) -> None:
    """Write that this person looked at the log; without that entry nothing is shown."""
    record(
        "audit.viewed",
        practice=request.person.practice_id,
        by=request.person,
        of=of,
        patient=patient,
        at=at,
    )


@require_GET
@signed_in(Act.AUDIT_ALL)
def audit(request: PersonRequest) -> HttpResponse:
    """Show the log, newest first, by key, or what is sought. Looking at it is an entry too."""
    at, practice = now(), request.person.practice
    found = seeking(request)
    page = NOTHING
    if found.sought:
        page = reading.newest(practice.pk, sought=found.sought, before=_before(request))
    of = f"person:{found.sought.actor}" if found.sought and found.sought.actor else ""
    _note(request, at=at, of=of)
    context = {"size": reading.size(practice.pk), "checkpoint": latest(practice.pk)}
    return _log(request, found, page, context)


@require_GET
@signed_in(Act.AUDIT_PATIENT)
def who_saw(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Show who looked at a patient's photos, to read with the patient or to print for them."""
    at, practice = now(), request.person.practice
    person = request.person
    patient = (  # who looked may be read without seeing what they saw (security-design, section 8)
        patient_for(person, patient_id, at=at, stepped_up=stepped_up(request))
        if opens_records(person)
        else identity_for(person, patient_id, at=at)
    )
    page = reading.views_of_patient(practice.pk, patient.pk, limit=PRINTED)
    _note(request, at=at, of=f"patient:{patient.pk}", patient=patient.pk)
    found = lines(page.entries, request.person)
    context = {
        "patient": patient,
        "at": at,
        "lines": found,
        "people": len({line.who for line in found}),
        "more": page.before is not None,
        "may_read_all": may(person, Act.AUDIT_ALL),
    }
    return render(request, "desk/audit/who_saw.html", context)


@require_GET
@signed_in(Act.AUDIT_ALL)
def of_patient(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Show everything done with a patient's record, to a privacy officer. That is an entry too."""
    at, practice = now(), request.person.practice
    patient = patient_for(request.person, patient_id, at=at, stepped_up=stepped_up(request))
    found = seeking(request)
    page = NOTHING
    if found.sought:
        page = reading.of_patient(
            practice.pk, patient.pk, sought=found.sought, before=_before(request)
        )
    _note(request, at=at, of=f"patient:{patient.pk}", patient=patient.pk)
    return _log(request, found, page, {"patient": patient})


def _log(
    request: PersonRequest, found: Seeking, page: reading.Page, more: dict[str, Any]
) -> HttpResponse:
    """Show a page of the log with the form that narrows it."""
    context = more | {
        "form": found.form,
        "narrowed": found.narrowed,
        "lines": lines(page.entries, request.person),
        "older": found.older(page) if page.before else "",
    }
    status = 200 if found.sought else 400
    return render(request, "desk/audit/log.html", context, status=status)


@require_GET
@signed_in(Act.AUDIT_ALL)
def entry(request: PersonRequest, number: int) -> HttpResponse:
    """Show one entry with the words sealed beside it. Who reads them is an entry of its own."""
    at, practice = now(), request.person.practice
    found = reading.entry_at(practice.pk, number)
    words = reading.detail_of(found)
    _note(request, at=at, of=f"entry:{number}", patient=found.patient)
    line = lines([found], request.person)[0]
    context = {"line": line, "words": words, "commit": found.detail_commit}
    return render(request, "desk/audit/entry.html", context)


def _before(request: PersonRequest) -> int | None:
    return number_in(request.GET.get("before"))


urlpatterns = [
    path("audit", audit, name="audit"),
    path("audit/<int:number>", entry, name="audit-entry"),
    path("audit/patients", find_patient, name="audit-find"),
    path("audit/patients/<uuid:patient_id>", of_patient, name="audit-patient"),
    path("patients/<uuid:patient_id>/who-saw", who_saw, name="who-saw"),
]
