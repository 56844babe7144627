"""Two steps of a share: why the photos may leave, and who gets them."""

import re
from dataclasses import replace
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.consent.going import MayNotGo
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.people.duties import Act, may
from safelight.policy.countries import COUNTRIES
from safelight.sharing.addressbook import clinician_for, clinicians_of, is_due
from safelight.sharing.choosing import Choice, choices, said_on
from safelight.sharing.drafting import set_basis, set_recipient
from safelight.sharing.models import Release
from safelight.sharing.rules.bases import CONSENT, DISCLOSURE, HOME, MOST_FACT, MOST_REASON
from safelight.sharing.rules.ways import PATIENT_COPY
from safelight.web.desk.asked import uuid_in
from safelight.web.desk.shares_said import context, next_step, page_of
from safelight.web.desk.shares_seen import share_seen
from safelight.web.doors import PersonRequest, signed_in

THE_PATIENT = "The patient"
PLACES = [(HOME, "Australia"), *COUNTRIES.items()]


def source_words(source: str) -> str:
    """Return where in law a reason stands, without our own notes on where we read it."""
    return re.sub(r"\s*\[[^\]]*\]", "", source).partition(": ")[2]


def named(choice: Choice, release: Release) -> Choice:
    """Return a choice in words that name the patient, as only a page of theirs may."""
    if release.patient is None:
        return choice
    who = release.patient.given

    def say(words: str) -> str:
        return words.replace("The patient", who).replace("the patient", who)

    return replace(choice, why=say(choice.why), needed=say(choice.needed))


def onward(release: Release, step: str, request: PersonRequest) -> HttpResponse:
    """Go to the next step that is open; a step answered again leads back to where one was."""
    after = next_step(release)
    return redirect(page_of(release, after if after != step else "hidden"))


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_VIEW)
def why(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Name the one reason. All are listed, with what each needs, or why it cannot be."""
    at, person = now(), request.person
    release = share_seen(request, release_id, at=at)
    wanted, code = "", request.POST.get("code", "")
    if request.method == "POST":
        facts = {
            name.removeprefix(f"fact-{code}-"): value
            for name, value in request.POST.items()
            if name.startswith(f"fact-{code}-") and isinstance(value, str)
        }
        reason = request.POST.get(f"reason-{code}", "")
        try:
            set_basis(release, code=code, reason=reason, facts=facts, by=person, at=at)
            return onward(release, "basis", request)
        except MayNotGo as refused:
            wanted = refused.remedy or refused.message
    found = choices(release, at=at)
    offered = [choice for choice in found if choice.may]
    own = next(choice for choice in found if choice.rule.code == CONSENT)
    is_refused = release.use != DISCLOSURE and not own.may
    told = context(
        release,
        step="basis",
        at=at,
        offered=[
            (one.rule, source_words(one.rule.source), _kept(request, release, one.rule))
            for one in offered
        ],
        barred=[named(choice, release) for choice in found if not choice.may],
        refused=named(own, release) if is_refused else None,
        said=said_on(release, at=at) if is_refused else [],
        may_ask=may(person, Act.CONSENT_RECORD) and release.patient is not None,
        wanted=wanted,
        chosen=code
        or release.basis
        or request.GET.get("reason")
        or (offered[0].rule.code if len(offered) == 1 else ""),
        longest=MOST_REASON,
        longest_fact=MOST_FACT,
    )
    return render(request, "desk/shares/why.html", told, status=400 if wanted else 200)


def _kept(request: PersonRequest, release: Release, rule: object) -> dict[str, object]:
    """Return what was typed for a reason so far: in this form, or in the draft."""
    code, needs = getattr(rule, "code", ""), getattr(rule, "needs", {})
    here = release.basis == code
    reason = release.basis_reason if here else ""
    facts = release.basis_facts if here else {}
    return {
        "reason": request.POST.get(f"reason-{code}", reason),
        "facts": [
            (key, ask, request.POST.get(f"fact-{code}-{key}", facts.get(key, "")))
            for key, ask in needs.items()
        ],
    }


class NewAddress(forms.Form):
    """Somebody who is not in the address book, their address typed twice."""

    name = forms.CharField(label="Name", max_length=120)
    kind = forms.CharField(
        label="Kind of specialist",
        max_length=80,
        required=False,
        help_text="As the patient agreed to it, if they named one.",
    )
    address = forms.CharField(
        label="E-mail address",
        max_length=254,
        required=False,
        help_text="Not needed for paper, or for a file that you hand over yourself.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    address_again = forms.CharField(
        label="The same address again",
        max_length=254,
        required=False,
        help_text="Typed, not pasted.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    country = forms.ChoiceField(label="Country", choices=PLACES, initial=HOME)


def _first_words(release: Release) -> dict[str, str]:
    """Return what the form begins with: the answer so far, or the patient for their own copy."""
    if release.recipient_name and release.clinician_id is None:
        return {
            "name": release.recipient_name,
            "kind": release.recipient_kind,
            "country": release.recipient_country,
        }
    if release.use == PATIENT_COPY and release.patient is not None:
        return {"name": f"{release.patient.given} {release.patient.family}"}
    return {}


@require_http_methods(["GET", "POST"])
@signed_in(Act.PHOTO_VIEW)
def who(request: PersonRequest, release_id: UUID) -> HttpResponse:
    """Say who gets them: somebody in the address book, or a new address, typed twice."""
    at, person = now(), request.person
    release = share_seen(request, release_id, at=at)
    chosen = uuid_in(request.POST.get("clinician"))
    if chosen:
        set_recipient(release, clinician=clinician_for(person, chosen), by=person, at=at)
        return onward(release, "recipient", request)
    query, problem = request.POST.get("q", ""), ""
    typed = request.POST if request.POST.get("new") else None
    form = NewAddress(typed, initial=_first_words(release))
    if release.use == PATIENT_COPY:
        del form.fields["kind"]
    if form.is_valid():
        try:
            told = {"kind": THE_PATIENT, **form.cleaned_data}
            set_recipient(release, **told, by=person, at=at)
            return onward(release, "recipient", request)
        except BadInput as refused:
            problem = f"{refused.message} {refused.remedy}".strip()
    rows = clinicians_of(person.practice, q=query)
    told = context(
        release,
        step="recipient",
        at=at,
        form=form,
        query=query,
        problem=problem,
        rows=[(row, is_due(row, at=at)) for row in rows],
        searched="q" in request.POST,
        to_patient=release.use == PATIENT_COPY,
        may_book=may(person, Act.SHARE_NEW),
    )
    return render(request, "desk/shares/who.html", told, status=400 if problem else 200)


urlpatterns = [
    path("shares/<uuid:release_id>/why", why, name="share-why"),
    path("shares/<uuid:release_id>/who", who, name="share-who"),
]
