"""Consents on the desk: asking, the record, its PDF, withdrawing, reviewing and scans."""

from datetime import datetime
from uuid import UUID

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from safelight.audit.log import record
from safelight.consent import papers
from safelight.consent.models import Consent
from safelight.consent.owing import owed_of
from safelight.consent.pdf import consent_pdf
from safelight.consent.reading import consent_by_id, consents_of, sentence
from safelight.consent.recording import ConsentIncomplete, record_consent
from safelight.consent.reviewing import OUTCOMES, review_emergency
from safelight.consent.rules.asking import EMERGENCY, SIGNED
from safelight.consent.uses import USES
from safelight.consent.withdrawing import open_uses, withdraw_consent
from safelight.consent.words import document
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, NotFound
from safelight.patients.access import identity_for, patient_for
from safelight.patients.looking import note_view
from safelight.patients.models import Patient
from safelight.people.duties import Act, letters, may
from safelight.photos.copies import outside_of
from safelight.policy.words import newest_notice
from safelight.sharing.reading import who_has_had
from safelight.web.desk.choices import offer
from safelight.web.desk.consent_form import AskForm
from safelight.web.desk.giving import attached
from safelight.web.doors import PersonRequest, signed_in, stepped_up

FORM_ONLY = "F"  # reception: the form on paper, and reading what was signed
EVERYTHING = "everything"
BOX = (350, 150)  # the drawing box that signature fractions are told in


def _patient(request: PersonRequest, patient_id: UUID) -> Patient:
    """Return the patient if this person may read their consents: carers by care, others by desk."""
    person, at = request.person, now()
    found = (
        patient_for(person, patient_id, at=at, stepped_up=stepped_up(request))
        if letters(person, Act.PHOTO_VIEW)
        else identity_for(person, patient_id, at=at)
    )
    note_view(found, by=person, at=at)
    return found


def _consent(request: PersonRequest, consent_id: UUID) -> Consent:
    found = consent_by_id(request.person.practice, consent_id)
    if _patient(request, found.patient_id).pk != found.patient_id:
        raise NotFound
    return found


@require_GET
@signed_in(Act.CONSENT_VIEW, also=FORM_ONLY)
def consents(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """List a patient's consents and refusals, newest first, each in one sentence."""
    patient, at = _patient(request, patient_id), now()
    rows = [(row, sentence(row, at=at)) for row in consents_of(patient)]
    asked = sum(row.method != Consent.Method.EMERGENCY for row, _ in rows)
    context = {"patient": patient, "rows": rows, "asked": asked, "may_ask": _may_ask(request)}
    return render(request, "desk/consents/list.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.CONSENT_RECORD, also=FORM_ONLY)
def new(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Ask at the desk and keep the answers: the same act and the same rules as on the phone."""
    patient, at, person = _patient(request, patient_id), now(), request.person
    notice = newest_notice(patient.practice)
    form = AskForm(request.POST or None, patient=patient, notice=notice, person=person, at=at)
    wanted: list[str] = []
    if request.method == "POST" and form.is_valid():
        try:
            consent = record_consent(
                patient,
                id=form.consent_id,
                talk=form.discussion(),
                notice=notice,
                agreed_at=form.agreed_instant,
                visit=form.chosen_visit,
                supersedes=form.replaced,
                by=person,
                at=at,
            )
            return redirect("desk:consent", consent.pk)
        except ConsentIncomplete as refusal:
            wanted = refusal.wanted
        except BadInput as refusal:
            wanted = [refusal.message]
    context = {"patient": patient, "form": form, "notice": notice, "wanted": wanted}
    status = 400 if wanted or form.errors else 200
    return render(request, "desk/consents/new.html", context, status=status)


@require_GET
@signed_in(Act.CONSENT_VIEW, also=FORM_ONLY)
def consent(request: PersonRequest, consent_id: UUID) -> HttpResponse:
    """Show the record, which prints on one page. Looking at it is in the log."""
    found, at = _consent(request, consent_id), now()
    with transaction.atomic():
        record(
            "consent.viewed",
            practice=found.practice_id,
            by=request.person,
            at=at,
            of=f"consent:{found.pk}",
            patient=found.patient_id,
        )
    earlier = consents_of(found.patient)
    context = {
        "consent": found,
        "patient": found.patient,
        "told": document(found, at=at),
        "signature": signature_path(found),
        "box": BOX,
        "scans": papers.scans_of(found),
        **_resting(found, at=at),
        "owes": owed_of(found, at=at),
        "history": [(row, sentence(row, at=at)) for row in earlier if row.pk != found.pk],
        "had": who_has_had(found),
        "may_withdraw": may(request.person, Act.CONSENT_WITHDRAW) and open_uses(found, at=at),
        "may_review": may(request.person, Act.CONSENT_RECORD)
        and found.method == EMERGENCY
        and found.reviewed_at is None,
        "may_ask": _may_ask(request),
    }
    return render(request, "desk/consents/consent.html", context)


def _resting(found: Consent, *, at: datetime) -> dict[str, int]:
    """Count the photos that rest on a consent, and their copies outside the practice."""
    photos = list(found.photos.all())
    outside = outside_of(photos, at=at).values()
    late = sum(one[1] for one in outside)
    return {"photos": len(photos), "outside": sum(one[0] for one in outside), "late": late}


@require_GET
@signed_in(Act.CONSENT_VIEW, also=FORM_ONLY)
def pdf(request: PersonRequest, consent_id: UUID) -> HttpResponse:
    """Give the record as a tagged PDF, to print or to hand to the patient."""
    found = _consent(request, consent_id)
    made = consent_pdf(found, by=request.person, at=now())
    return attached(made, f"consent-{found.pk}.pdf", "application/pdf")


class WithdrawForm(forms.Form):
    """What is taken back, who said so, and why if they say."""

    use = forms.ChoiceField(label="What is taken back", widget=forms.RadioSelect)
    said_by = forms.CharField(label="Who said so, and how", max_length=120)
    why = forms.CharField(
        label="Why, if they say",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Nobody has to give a reason.",
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.CONSENT_WITHDRAW)
def withdraw(request: PersonRequest, consent_id: UUID) -> HttpResponse:
    """Take a yes back: what it stops, whom we ask and what the law keeps is said before.

    Any staff may, so any patient of the practice is reached; the page shows uses and dates alone.
    """
    at, person = now(), request.person
    found = consent_by_id(person.practice, consent_id)
    note_view(found.patient, by=person, at=at)
    left = open_uses(found, at=at)
    form = WithdrawForm(request.POST or None)
    uses = [(EVERYTHING, "Everything"), *((code, USES[code].title) for code in left)]
    offer(form, "use", uses)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        use = "" if told["use"] == EVERYTHING else told["use"]
        withdraw_consent(found, use=use, said_by=told["said_by"], why=told["why"], by=person, at=at)
        seen = may(person, Act.CONSENT_VIEW, also=FORM_ONLY)
        return redirect("desk:consent" if seen else "desk:today", *([found.pk] if seen else []))
    context = {
        "consent": found,
        "patient": found.patient,
        "sentence": sentence(found, at=at),
        "form": form,
        "left": left,
        "had": who_has_had(found),
        "photos": found.photos.count(),
    }
    return render(request, "desk/consents/withdraw.html", context)


class ReviewForm(forms.Form):
    """What the review of an emergency found."""

    outcome = forms.ChoiceField(
        label="What was found", choices=list(OUTCOMES.items()), widget=forms.RadioSelect
    )
    words = forms.CharField(
        label="In a line: who was told, and what they said",
        min_length=5,
        max_length=240,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.CONSENT_RECORD)
def review(request: PersonRequest, consent_id: UUID) -> HttpResponse:
    """Write the review that an emergency owes."""
    found, at = _consent(request, consent_id), now()
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        review_emergency(found, **form.cleaned_data, by=request.person, at=at)
        return redirect("desk:consent", found.pk)
    context = {"consent": found, "patient": found.patient, "form": form}
    return render(request, "desk/consents/review.html", context)


class ScanForm(forms.Form):
    """The signed paper."""

    scan = forms.FileField(
        label="The scan",
        help_text="A PDF, JPEG or PNG of at most 10 MB.",
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png"}),
    )


@require_http_methods(["GET", "POST"])
@signed_in(Act.CONSENT_RECORD, also=FORM_ONLY)
def scan(request: PersonRequest, consent_id: UUID) -> HttpResponse:
    """Add the scan of a signed form. It is sealed as it came and never drawn here."""
    found, at = _consent(request, consent_id), now()
    form = ScanForm(request.POST or None, request.FILES or None)
    problem = ""
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["scan"].read(papers.MOST_BYTES + 1)
        try:
            papers.add_scan(found, content=content, by=request.person, at=at)
            return redirect("desk:consent", found.pk)
        except papers.NotAScan as refusal:
            problem = refusal.message
    context = {"consent": found, "patient": found.patient, "form": form, "problem": problem}
    status = 400 if problem else 200
    return render(request, "desk/consents/scan.html", context, status=status)


@require_GET
@signed_in(Act.CONSENT_VIEW, also=FORM_ONLY)
def scan_file(request: PersonRequest, consent_id: UUID, scan_id: int) -> HttpResponse:
    """Give a scan as a file to keep, never as a page of ours."""
    found = _consent(request, consent_id)
    content, media_type = papers.open_scan(found, scan_id, by=request.person, at=now())
    name = f"consent-{found.pk}-{scan_id}.{papers.ENDINGS[media_type]}"
    return attached(content, name)


def signature_path(consent: Consent) -> str:
    """Return the strokes as the path of a drawing: numbers alone, so nothing can be slipped in."""
    if consent.method != SIGNED or not consent.signature:
        return ""
    width, height = BOX
    parts = []
    for stroke in consent.signature:
        points = [f"{float(x) * width:.1f} {float(y) * height:.1f}" for x, y in stroke]
        parts.append("M" + "L".join(points))
    return "".join(parts)


def _may_ask(request: PersonRequest) -> bool:
    return may(request.person, Act.CONSENT_RECORD, also=FORM_ONLY)


urlpatterns = [
    path("patients/<uuid:patient_id>/consents", consents, name="consents"),
    path("patients/<uuid:patient_id>/consent/new", new, name="consent-new"),
    path("consents/<uuid:consent_id>", consent, name="consent"),
    path("consents/<uuid:consent_id>/pdf", pdf, name="consent-pdf"),
    path("consents/<uuid:consent_id>/withdraw", withdraw, name="consent-withdraw"),
    path("consents/<uuid:consent_id>/review", review, name="consent-review"),
    path("consents/<uuid:consent_id>/scan", scan, name="consent-scan"),
    path("consents/<uuid:consent_id>/scans/<int:scan_id>", scan_file, name="consent-scan-file"),
]
