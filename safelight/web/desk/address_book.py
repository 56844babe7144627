"""The address book: who photos go to, each address verified by a person, and again in time."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from safelight.lib.clock import now
from safelight.lib.refusals import BadInput
from safelight.people.duties import Act
from safelight.policy.countries import COUNTRIES
from safelight.policy.settings import setting
from safelight.sharing.addressbook import (
    HOW_LENGTH,
    Entry,
    add_clinician,
    change_clinician,
    clinician_for,
    clinicians_of,
    end_clinician,
    is_due,
    verify_clinician,
)
from safelight.sharing.models import Clinician
from safelight.sharing.rules.bases import HOME
from safelight.sharing.rules.ways import looks_like_ahpra, looks_like_provider
from safelight.web.doors import PersonRequest, signed_in, stepped_up

AHPRA_WORDS = "This does not look like a registration number: three letters and ten digits."
PROVIDER_WORDS = "This does not look like a provider number: six digits, one sign, one letter."


class EntryForm(forms.Form):
    """Somebody in the book. The address is typed twice, and somebody says how it was verified."""

    name = forms.CharField(label="Name", max_length=120)
    organisation = forms.CharField(label="Practice or hospital", max_length=120, required=False)
    kind = forms.CharField(
        label="Kind of specialist",
        max_length=80,
        required=False,
        help_text="As patients are asked about it, such as: Skin specialist (dermatologist).",
    )
    country = forms.ChoiceField(
        label="Country", choices=[(HOME, "Australia"), *COUNTRIES.items()], initial=HOME
    )
    email = forms.CharField(
        label="E-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    email_again = forms.CharField(
        label="The same address again",
        max_length=254,
        help_text="Typed, not pasted.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    mobile = forms.CharField(
        label="Telephone for the PIN",
        max_length=30,
        required=False,
        help_text="Another way to reach them than the address.",
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    ahpra = forms.CharField(label="AHPRA registration number", max_length=16, required=False)
    provider_number = forms.CharField(label="Provider number", max_length=10, required=False)
    how_verified = forms.CharField(
        label="How the address was verified",
        max_length=HOW_LENGTH,
        help_text="Such as: rang the number on their website and had it read back.",
    )

    def clean_ahpra(self) -> str:
        """Warn about a number that is not spelt as one; it is not looked up anywhere."""
        number = str(self.cleaned_data["ahpra"]).replace(" ", "").upper()
        if number and not looks_like_ahpra(number):
            raise forms.ValidationError(AHPRA_WORDS)
        return number

    def clean_provider_number(self) -> str:
        """Warn about a number that is not spelt as one; it is not looked up anywhere."""
        number = str(self.cleaned_data["provider_number"]).replace(" ", "").upper()
        if number and not looks_like_provider(number):
            raise forms.ValidationError(PROVIDER_WORDS)
        return number


def _entry(told: dict[str, Any]) -> Entry:
    return Entry(**{key: told[key] for key in Entry.__dataclass_fields__})


@require_http_methods(["GET", "POST"])
@signed_in(Act.SHARE_KNOWN)
def clinicians(request: PersonRequest) -> HttpResponse:
    """List the book, or those who match what was typed."""
    person, at = request.person, now()
    query = request.POST.get("q", "")
    rows = clinicians_of(person.practice, q=query)
    context = {
        "rows": [(row, is_due(row, at=at)) for row in rows],
        "query": query,
        "due": sum(is_due(row, at=at) for row in rows),
        "days": setting(person.practice, "reverify_days"),
    }
    return render(request, "desk/shares/clinicians.html", context)


@require_http_methods(["GET", "POST"])
@signed_in(Act.SHARE_NEW)
def clinician_new(request: PersonRequest) -> HttpResponse:
    """Add somebody to the book."""
    return _written(request, None)


@require_http_methods(["GET", "POST"])
@signed_in(Act.SHARE_NEW)
def clinician_edit(request: PersonRequest, clinician_id: UUID) -> HttpResponse:
    """Change somebody’s details; the address is typed and verified anew."""
    return _written(request, clinician_for(request.person, clinician_id))


def _written(request: PersonRequest, row: Clinician | None) -> HttpResponse:
    known = {key: getattr(row, key) for key in Entry.__dataclass_fields__} if row else None
    form, problem = EntryForm(request.POST or None, initial=known), ""
    if form.is_valid():
        words: dict[str, Any] = {
            "email_again": form.cleaned_data["email_again"],
            "how_verified": form.cleaned_data["how_verified"],
            "by": request.person,
            "at": now(),
            "stepped_up": stepped_up(request),
        }
        entry = _entry(form.cleaned_data)
        try:
            kept = change_clinician(row, entry, **words) if row else add_clinician(entry, **words)
            return redirect("desk:clinician", kept.pk)
        except BadInput as refused:
            problem = f"{refused.message} {refused.remedy}".strip()
    context = {"form": form, "row": row, "problem": problem}
    status = 400 if request.method == "POST" else 200
    return render(request, "desk/shares/clinician_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
@signed_in(Act.SHARE_NEW)
def clinician(request: PersonRequest, clinician_id: UUID) -> HttpResponse:
    """Show one entry, and note that its address was verified again."""
    at = now()
    row = clinician_for(request.person, clinician_id)
    how = request.POST.get("how", "").strip()
    if request.method == "POST" and how:
        again = stepped_up(request)
        verify_clinician(row, how=how, by=request.person, at=at, stepped_up=again)
        return redirect("desk:clinician", row.pk)
    context = {
        "row": row,
        "due": is_due(row, at=at),
        "longest": HOW_LENGTH,
        "problem": request.method == "POST",
        "country": COUNTRIES.get(row.country, "Australia" if row.country == HOME else row.country),
    }
    status = 400 if request.method == "POST" else 200
    return render(request, "desk/shares/clinician.html", context, status=status)


@require_POST
@signed_in(Act.SHARE_NEW)
def clinician_end(request: PersonRequest, clinician_id: UUID) -> HttpResponse:
    """Take somebody out of the book. What was sent to them stays in the records."""
    row = clinician_for(request.person, clinician_id)
    end_clinician(row, by=request.person, at=now(), stepped_up=stepped_up(request))
    return redirect("desk:clinicians")


urlpatterns = [
    path("clinicians", clinicians, name="clinicians"),
    path("clinicians/new", clinician_new, name="clinician-new"),
    path("clinicians/<uuid:clinician_id>", clinician, name="clinician"),
    path("clinicians/<uuid:clinician_id>/edit", clinician_edit, name="clinician-edit"),
    path("clinicians/<uuid:clinician_id>/end", clinician_end, name="clinician-end"),
]
