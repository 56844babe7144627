"""The policy on the desk: settings the software follows, the wording, and the legal rules."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from safelight.consent.uses import USES
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.people.duties import Act, may
from safelight.people.models import Person
from safelight.people.reading import names_by_id
from safelight.policy import legal, words
from safelight.policy.models import LegalRule, Setting
from safelight.policy.rules import MEGABYTE, Spec, bounds_in_words
from safelight.policy.settings import DEFAULTS, all_settings, change_setting, history
from safelight.web.doors import PersonRequest, signed_in


@dataclass(frozen=True)
class Clause:
    """One setting as the page says it."""

    key: str
    spec: Spec
    value: str


@dataclass(frozen=True)
class Rule:
    """One legal rule as the page says it."""

    row: LegalRule
    title: str
    value: str
    place: str


@dataclass(frozen=True)
class Change:
    """One line of the history of settings."""

    row: Setting
    title: str
    value: str
    who: str


def value_words(spec: Spec, value: Any) -> str:
    """Say a setting's value as a person would."""
    match spec.kind:
        case "bytes":
            return f"{value // MEGABYTE} MB"
        case "codes":
            return ", ".join(USES[code].short for code in value if code in USES) or "None"
        case "lines":
            return "; ".join(value) or "None"
        case "text":
            return value or "Not set"
        case _:
            return f"{value} {spec.unit}".strip()


def _clauses(person: Person) -> dict[str, list[Clause]]:
    groups: dict[str, list[Clause]] = {}
    for key, value in all_settings(person.practice).items():
        spec = DEFAULTS[key]
        groups.setdefault(spec.group, []).append(Clause(key, spec, value_words(spec, value)))
    return groups


def _rule(row: LegalRule) -> Rule:
    place = legal.JURISDICTIONS.get(row.jurisdiction, "Australia")
    return Rule(
        row, legal.title_of(row.key), f"{row.value} {legal.unit_of(row.key)}".strip(), place
    )


def _changes(person: Person, key: str = "") -> list[Change]:
    names: dict[UUID, str] = names_by_id(person)
    return [
        Change(
            row,
            DEFAULTS[row.key].title if row.key in DEFAULTS else row.key,
            value_words(DEFAULTS[row.key], row.value) if row.key in DEFAULTS else str(row.value),
            names.get(row.changed_by, "Safelight") if row.changed_by else "Safelight",
        )
        for row in history(person.practice, key)
    ]


@require_GET
@signed_in(Act.POLICY_VIEW)
def policy(request: PersonRequest) -> HttpResponse:
    """Show the practice's policy: the text is the settings. It prints as a document."""
    person = request.person
    practice = person.practice
    rules = [_rule(row) for row in legal.rules_of(practice)]
    context = {
        "practice": practice,
        "groups": _clauses(person),
        "rules": rules,
        "unchecked": sum(rule.row.checked_on is None for rule in rules),
        "notices": words.notices(practice),
        "changes": _changes(person)[:12],
        "may_edit": may(person, Act.POLICY_EDIT),
        "place": legal.JURISDICTIONS.get(practice.jurisdiction, practice.jurisdiction),
    }
    return render(request, "desk/policy/policy.html", context)


def _value_field(spec: Spec) -> forms.Field:
    """Return the field that a setting's kind asks for."""
    hint = f"{spec.help} {bounds_in_words(spec).capitalize()}."
    match spec.kind:
        case "whole":
            label = f"{spec.title} ({spec.unit})" if spec.unit else spec.title
            return forms.IntegerField(label=label, help_text=hint)
        case "bytes":
            return forms.IntegerField(label=f"{spec.title} (MB)", help_text=hint)
        case "codes":
            return forms.MultipleChoiceField(
                label=spec.title,
                help_text=hint,
                required=False,
                choices=[(code, USES[code].title) for code in spec.choices],
                widget=forms.CheckboxSelectMultiple,
            )
        case "lines":
            return forms.CharField(
                label=spec.title, help_text=hint, required=False, widget=forms.Textarea
            )
        case _:
            return forms.CharField(label=spec.title, help_text=hint, required=spec.least > 0)


def _shown(spec: Spec, value: Any) -> Any:
    if spec.kind == "bytes":
        return value // MEGABYTE
    return "\n".join(value) if spec.kind == "lines" else value


def _told(spec: Spec, value: Any) -> Any:
    if spec.kind == "bytes":
        return value * MEGABYTE
    return value.splitlines() if spec.kind == "lines" else value


class SettingForm(forms.Form):
    """One setting."""

    def __init__(self, *args: Any, spec: Spec, value: Any, **kwargs: Any) -> None:
        """Ask for the value in the form that its kind has."""
        kwargs["initial"] = {"value": _shown(spec, value)}
        super().__init__(*args, **kwargs)
        self.fields["value"] = _value_field(spec)


@require_http_methods(["GET", "POST"])
@signed_in(Act.POLICY_EDIT)
def edit_setting(request: PersonRequest, key: str) -> HttpResponse:
    """Change one setting from now on. Its earlier values stay below it."""
    if key not in DEFAULTS:
        raise NotFound
    spec, practice = DEFAULTS[key], request.person.practice
    form = SettingForm(request.POST or None, spec=spec, value=all_settings(practice)[key])
    problem = ""
    if request.method == "POST" and form.is_valid():
        value = _told(spec, form.cleaned_data["value"])
        try:
            change_setting(practice, key=key, value=value, by=request.person, at=now())
            return redirect("desk:policy")
        except Refusal as refusal:
            problem = refusal.message
    changes = _changes(request.person, key)
    context = {"spec": spec, "form": form, "problem": problem, "changes": changes}
    return render(request, "desk/policy/setting.html", context, status=400 if problem else 200)


class WordingForm(forms.Form):
    """The six points of the next version."""

    def __init__(self, *args: Any, points: list[dict[str, str]], **kwargs: Any) -> None:
        """Begin with the words in use."""
        super().__init__(*args, **kwargs)
        self.keys = [point["key"] for point in points]
        for point in points:
            key = point["key"]
            self.fields[f"title_{key}"] = forms.CharField(
                label="Title", max_length=words.LONGEST_TITLE, initial=point["title"]
            )
            self.fields[f"words_{key}"] = forms.CharField(
                label="What is said",
                max_length=words.LONGEST_WORDS,
                initial=point["words"],
                widget=forms.Textarea(attrs={"rows": 2}),
            )

    def points(self) -> list[dict[str, str]]:
        """Return the six points as the act takes them."""
        told = self.cleaned_data
        return [
            {"key": key, "title": told[f"title_{key}"], "words": told[f"words_{key}"]}
            for key in self.keys
        ]


@require_http_methods(["GET", "POST"])
@signed_in(Act.POLICY_EDIT)
def new_wording(request: PersonRequest) -> HttpResponse:
    """Write the next version of what is said before a photo. Earlier versions stay."""
    practice = request.person.practice
    newest = words.newest_notice(practice)
    form = WordingForm(request.POST or None, points=newest.points)
    problem = ""
    if request.method == "POST" and form.is_valid():
        try:
            words.new_notice(practice, points=form.points(), by=request.person, at=now())
            return redirect("desk:policy")
        except BadInput as refusal:
            problem = refusal.message
    context = {"form": form, "newest": newest, "problem": problem}
    return render(request, "desk/policy/new_wording.html", context, status=400 if problem else 200)


@require_GET
@signed_in(Act.POLICY_VIEW)
def wording(request: PersonRequest, notice_id: int) -> HttpResponse:
    """Show one version of the wording, as it was said."""
    notice = words.notice_for(request.person.practice, notice_id)
    return render(request, "desk/policy/wording.html", {"notice": notice})


class RuleForm(forms.Form):
    """One legal rule, its source, and whether and when somebody checked it."""

    value = forms.CharField(label="The rule", max_length=legal.LONGEST_TEXT)
    source = forms.CharField(
        label="Source", max_length=240, widget=forms.Textarea(attrs={"rows": 2})
    )
    checked_on = forms.DateField(
        label="Checked on",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    verified = forms.BooleanField(label="The source confirms it", required=False)


@require_http_methods(["GET", "POST"])
@signed_in(Act.POLICY_EDIT)
def edit_rule(request: PersonRequest, rule_id: int) -> HttpResponse:
    """Change or confirm a legal rule. What stood before is in the log."""
    practice, at = request.person.practice, now()
    row = next((row for row in legal.rules_of(practice) if row.pk == rule_id), None)
    if row is None:
        raise NotFound
    start = {
        "value": row.value,
        "source": row.source,
        "checked_on": row.checked_on or timezone.localdate(at),
        "verified": row.verified and row.checked_on is not None,
    }
    form, problem = RuleForm(request.POST or None, initial=start), ""
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        value: Any = told["value"]
        if isinstance(row.value, int) and value.strip().isdecimal():
            value = int(value)
        try:
            told = {**told, "value": value}
            legal.change_rule(practice, rule_id=rule_id, **told, by=request.person, at=at)
            return redirect("desk:policy")
        except BadInput as refusal:
            problem = refusal.message
    context = {"rule": _rule(row), "form": form, "problem": problem}
    return render(request, "desk/policy/rule.html", context, status=400 if problem else 200)


urlpatterns = [
    path("policy", policy, name="policy"),
    path("policy/settings/<slug:key>", edit_setting, name="policy-setting"),
    path("policy/wording/new", new_wording, name="policy-wording-new"),
    path("policy/wording/<int:notice_id>", wording, name="policy-wording"),
    path("policy/rules/<int:rule_id>", edit_rule, name="policy-rule"),
]
