"""Words about a patient that templates share: age, identifiers, what was agreed."""

from datetime import date
from typing import Any

from django import template
from django.utils import timezone

from safelight.consent.models import Consent
from safelight.consent.reading import ages_of, answers_at, consents_of, live_consents
from safelight.consent.uses import USES
from safelight.lib.clock import now
from safelight.patients import rules
from safelight.patients.models import Patient
from safelight.patients.visits import opens_by_visit, visits_on_day
from safelight.people.models import Person
from safelight.policy.dates import age_on
from safelight.web.desk.templatetags.words import day

register = template.Library()

NEVER_ASKED: dict[str, Any] = {"words": "None yet", "consent": None}
SAID = 4  # uses named one by one; of more, the first few and a number


@register.filter
def age(born: date) -> str:
    """58; 7 months; 3 weeks, today where the practice is."""
    return rules.age_words(born, timezone.localtime(now()).date())


@register.filter
def sex(letter: str) -> str:
    """Female, Male, Another term, Not stated."""
    return dict(Patient.Sex.choices).get(letter, Patient.Sex.UNKNOWN.label)


@register.filter
def grouped(value: str, kind: str) -> str:
    """3278 85119 5 2: an identifier in the groups of its card."""
    return rules.shown(kind, value)


@register.simple_tag
def consent_line(patient: Patient) -> dict[str, Any]:
    """Return what is agreed with a patient now, in a few words, and the newest consent's page."""
    at = now()
    live = live_consents(patient, at=at)
    if not live:
        last = consents_of(patient)[:1]
        return {"words": "None now", "consent": last[0].pk} if last else NEVER_ASKED
    if all(consent.method == Consent.Method.EMERGENCY for consent in live):
        return {"words": "Not asked yet, emergency", "consent": live[0].pk}
    agreed: list[str] = []
    for consent in live:
        answers = answers_at(consent, at)
        agreed += [USES[use].short for use in USES if answers.get(use) == "yes"]
    words = _said(list(dict.fromkeys(agreed)))
    return {"words": words[:1].upper() + words[1:], "consent": live[0].pk}


@register.simple_tag
def said(patient: Patient | None, use: str) -> str:
    """Return what the patient said to a use; whether a photo may go for it is asked elsewhere."""
    if patient is None or use not in USES:
        return ""
    at = now()
    answers = {answers_at(consent, at).get(use) for consent in live_consents(patient, at=at)}
    return "Said yes" if "yes" in answers else "Said no" if "no" in answers else "Not asked"


@register.simple_tag
def is_adult(patient: Patient) -> bool:
    """Say whether the patient is old enough that nobody asks why they can decide."""
    today = timezone.localtime(now()).date()
    return age_on(patient.born, today) >= ages_of(patient.practice).adult_from


def _said(uses: list[str]) -> str:
    """Care, a specialist, advice and 3 more: one line, whatever was agreed."""
    if len(uses) <= SAID:
        return ", ".join(uses) or "Said no"
    return f"{', '.join(uses[: SAID - 1])} and {len(uses) - SAID + 1} more"


@register.simple_tag
def sending(patient: Patient, person: Person) -> dict[str, bool]:
    """Return what "Send to my phone" would do besides: add a visit, bring a patient into care."""
    at = now()
    adds = not visits_on_day(patient, at=at).exists()
    return {"adds": adds, "opens": adds and opens_by_visit(person, patient, at=at)}


@register.filter
def hint(words: str) -> str:
    """Testcase, Pat, born 12 Mar 1968: what was typed on a phone, its date as people say it."""
    name, _, born = words.rpartition(", ")
    try:
        return f"{name}, born {day(date.fromisoformat(born))}"
    except ValueError:
        return words
