"""Discussions for tests: whole ones, to be spoilt one part at a time."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from safelight.consent.models import Consent
from safelight.consent.recording import record_consent
from safelight.consent.rules.asking import Answer, Discussion
from safelight.lib.ids import new_id
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.policy.words import newest_notice
from tests.conftest import NOON, POINTS

STROKES = [[[0.1, 0.6], [0.14, 0.35], [0.2, 0.61]], [[0.3, 0.5], [0.42, 0.52]]]

WHOLE = Discussion(
    points=POINTS,
    method="signed",
    signature=STROKES,
    scope="standing",
    answers=(Answer("care", "yes"),),
)
"""A yes to care, signed, until reviewed."""


def talk(**changes: Any) -> Discussion:
    """Return the whole discussion with some parts changed; `uses` are extra answers by code."""
    uses = changes.pop("uses", {})
    answers = {"care": Answer("care", "yes"), **{use: Answer(use, a) for use, a in uses.items()}}
    return replace(WHOLE, answers=tuple(answers.values()), **changes)


EMERGENCY = talk(
    method="emergency",
    signature=None,
    scope="visit",
    points=(),
    emergency_reason="Unconscious on arrival",
)
"""Nobody could be asked, in this visit."""


def keep(
    patient: Patient,
    by: Person,
    discussion: Discussion = WHOLE,
    *,
    agreed_at: datetime = NOON,
    id: UUID | None = None,
    **facts: Any,
) -> Consent:
    """Record a discussion as the acts do."""
    return record_consent(
        patient,
        id=id or new_id(),
        talk=discussion,
        notice=newest_notice(patient.practice),
        agreed_at=agreed_at,
        by=by,
        at=agreed_at,
        **facts,
    )
