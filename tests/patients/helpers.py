"""What the tests of patients share: details as typed, and the log's lines."""

from datetime import date
from typing import Any

from safelight.audit.models import Entry
from safelight.patients.details import Details
from safelight.policy.models import Practice


def details(**words: Any) -> Details:
    return Details(
        **{
            "family": "Newcomer",
            "given": "Noa",
            "born": date(1990, 5, 17),
            "sex": "F",
            "record_number": "WL-009000",
            **words,
        }
    )


def log_of(practice: Practice) -> list[tuple[str, str]]:
    entries = Entry.objects.filter(practice=practice.pk).order_by("n")
    return [(entry.action, entry.outcome) for entry in entries]


def acts_of(practice: Practice) -> list[str]:
    return [action for action, _ in log_of(practice)]
