"""Words about a patient that templates share: age, identifiers, what was agreed."""

from datetime import date
from typing import Any

from django import template
from django.utils import timezone

from safelight.consent.reading import answers_at, live_consents
from safelight.consent.uses import USES
from safelight.lib.clock import now
from safelight.patients import rules
from safelight.patients.models import Patient

register = template.Library()

SEXES = {"F": "Female", "M": "Male", "X": "Another term", "U": "Not stated"}


@register.filter
def age(born: date) -> str:
    """58; 7 months; 3 weeks, today where the practice is."""
    return rules.age_words(born, timezone.localtime(now()).date())


@register.filter
def sex(letter: str) -> str:
    """Female, Male, Another term, Not stated."""
    return SEXES.get(letter, SEXES["U"])


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
        return {"words": "None yet", "consent": None}
    agreed: list[str] = []
    for consent in live:
        answers = answers_at(consent, at)
        agreed += [USES[use].short for use in USES if answers.get(use) == "yes"]
    words = ", ".join(dict.fromkeys(agreed)) or "Said no"
    return {"words": words[:1].upper() + words[1:], "consent": live[0].pk}
