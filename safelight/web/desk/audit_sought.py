"""What is sought in the log: a person, an act, days. Addresses hold ids and codes, never a name."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from safelight.audit.actions import ACTIONS
from safelight.audit.reading import Page, Sought
from safelight.lib.clock import now
from safelight.patients.searching import search
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.people.reading import names_by_id
from safelight.web.desk.choices import offer
from safelight.web.doors import PersonRequest, signed_in

ITSELF: Final = "safelight"


class SoughtForm(forms.Form):
    """Whose entries, of which act, between which days. All of it may stay empty."""

    who = forms.ChoiceField(label="By", required=False)
    act = forms.ChoiceField(label="What was done", required=False)
    since = forms.DateField(label="From", required=False)
    until = forms.DateField(label="To the end of", required=False)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        """Offer everyone who ever worked here, and every act the log knows."""
        super().__init__(*args, **kwargs)
        self.zone = ZoneInfo(person.practice.zone)
        people = sorted((name, str(pk)) for pk, name in names_by_id(person).items())
        acts = sorted((words[:1].upper() + words[1:], code) for code, words in ACTIONS.items())
        for field, whole, rows in (
            ("who", [("", "Anybody"), (ITSELF, "Safelight itself")], people),
            ("act", [("", "Anything")], acts),
        ):
            offer(self, field, [*whole, *((code, words) for words, code in rows)])
        for field in ("since", "until"):
            self.fields[field].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def sought(self) -> Sought:
        """Return what to look for. A day begins and ends by the practice's own clock."""
        told = self.cleaned_data
        by_itself = told["who"] == ITSELF
        return Sought(
            actor=UUID(told["who"]) if told["who"] and not by_itself else None,
            itself=by_itself,
            action=told["act"],
            since=self._midnight(told["since"]),
            until=self._midnight(told["until"], days=1),
        )

    def _midnight(self, day: date | None, *, days: int = 0) -> datetime | None:
        if day is None or day >= date.max - timedelta(days=1):
            return None
        return datetime.combine(day + timedelta(days=days), time(), self.zone)


@dataclass(frozen=True)
class Seeking:
    """What a request seeks: the form to show again, and what it says, or None if it makes none."""

    form: SoughtForm
    sought: Sought | None

    @property
    def narrowed(self) -> bool:
        """Whether anything is left out."""
        return self.sought is None or self.sought != Sought()

    def older(self, page: Page) -> str:
        """Return the address of the next page of the same search: ids, codes and days alone."""
        told = {name: self.form.data.get(name, "") for name in self.form.fields}
        return urlencode(
            {key: word for key, word in told.items() if word} | {"before": page.before}
        )


def seeking(request: PersonRequest) -> Seeking:
    """Read what a page's address seeks."""
    form = SoughtForm(request.GET, person=request.person)
    return Seeking(form, form.sought() if form.is_valid() else None)


@require_http_methods(["GET", "POST"])
@signed_in(Act.AUDIT_ALL)
def find_patient(request: PersonRequest) -> HttpResponse:
    """Find the patient whose entries are sought. What is typed is posted, never in an address."""
    query = request.POST.get("q", "").strip()
    hits = search(query, by=request.person, at=now()).patients if query else []
    return render(request, "desk/audit/find.html", {"query": query, "hits": hits})
