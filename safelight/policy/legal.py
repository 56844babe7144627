"""Legal rules: what a practice starts with, and how it keeps them true. Facts, not code."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotFound
from safelight.policy.keeping import Keeper, require_keeper
from safelight.policy.models import LegalRule, Practice

AUSTRALIA: Final = "AU"
JURISDICTIONS: Final = {
    "NSW": "New South Wales",
    "VIC": "Victoria",
    "QLD": "Queensland",
    "SA": "South Australia",
    "WA": "Western Australia",
    "TAS": "Tasmania",
    "ACT": "Australian Capital Territory",
    "NT": "Northern Territory",
}
MOST_YEARS: Final = 130
LONGEST_TEXT: Final = 300


@dataclass(frozen=True)
class Seed:
    """One rule as the release knows it, for one place."""

    place: str
    key: str
    value: Any
    source: str
    verified: bool


@cache
def _words() -> list[dict[str, Any]]:
    raw = (files("safelight.policy") / "legal.toml").read_text("utf-8")
    rules: list[dict[str, Any]] = tomllib.loads(raw)["rules"]
    return rules


def seeds() -> list[Seed]:
    """Return every rule of every place, as the release's data file has them."""
    return [
        Seed(place, rule["key"], told["value"], told["source"], told["verified"])
        for rule in _words()
        for place, told in rule["values"].items()
    ]


def title_of(key: str) -> str:
    """Return a rule's words; for one that a newer release wrote, its key."""
    return next((rule["title"] for rule in _words() if rule["key"] == key), key)


def unit_of(key: str) -> str:
    """Return what a rule's number counts."""
    return next((rule["unit"] for rule in _words() if rule["key"] == key), "")


@transaction.atomic
def seed_rules(practice: Practice, *, at: datetime) -> int:
    """Add the rules a practice does not have yet and return how many; none is ever written over.

    Nobody at the practice has checked them yet, so none bears a date; the log says when they came.
    """
    wanted = [s for s in seeds() if s.place in (practice.jurisdiction, AUSTRALIA)]
    known = set(LegalRule.objects.filter(practice=practice).values_list("jurisdiction", "key"))
    fresh = [s for s in wanted if (s.place, s.key) not in known]
    LegalRule.objects.bulk_create(
        LegalRule(
            practice=practice,
            jurisdiction=s.place,
            key=s.key,
            value=s.value,
            source=s.source,
            verified=s.verified,
        )
        for s in fresh
    )
    if fresh:
        record(
            "policy.changed",
            practice=practice.pk,
            by=None,
            at=at,
            of="legal_rules:start",
            outcome="added",
        )
    return len(fresh)


def rules_of(practice: Practice) -> list[LegalRule]:
    """Return the rules that speak for a practice, in the data file's order."""
    order = [rule["key"] for rule in _words()]
    rows = LegalRule.objects.filter(
        practice=practice, jurisdiction__in=(practice.jurisdiction, AUSTRALIA)
    )
    return sorted(rows, key=lambda row: order.index(row.key) if row.key in order else len(order))


@transaction.atomic
def change_rule(
    practice: Practice,
    *,
    rule_id: int,
    value: Any,
    source: str,
    checked_on: date | None,
    verified: bool,
    by: Keeper,
    at: datetime,
) -> LegalRule:
    """Change or confirm a rule: its value, its source, and the day somebody checked it.

    A number stays a number and a text a text; what stood before is in the log's words.
    """
    require_keeper(by, practice)
    rule = LegalRule.objects.select_for_update().filter(practice=practice, pk=rule_id).first()
    if rule is None:
        raise NotFound
    _require_value(rule.value, value)
    if not source.strip() or len(source) > 240:
        raise BadInput("A rule names its source, in at most 240 characters.")
    if verified and checked_on is None:
        raise BadInput("A confirmed rule says on which day it was checked.")
    before = rule.value
    rule.value, rule.source = value, source.strip()
    rule.checked_on, rule.verified = checked_on, verified
    rule.changed_by = by.actor().id
    rule.save(update_fields=["value", "source", "checked_on", "verified", "changed_by"])
    record(
        "policy.changed",
        practice=practice.pk,
        by=by,
        at=at,
        of=f"legal_rule:{rule.key}",
        detail=f"{title_of(rule.key)}: {before} → {value}. {rule.source}",
    )
    return rule


def _require_value(before: Any, value: Any) -> None:
    if isinstance(before, int):
        if type(value) is not int or not 0 <= value <= MOST_YEARS:
            raise BadInput(f"This rule is a whole number from 0 to {MOST_YEARS}.")
    elif not isinstance(value, str) or not 0 < len(value.strip()) <= LONGEST_TEXT:
        raise BadInput(f"This rule is a text of at most {LONGEST_TEXT} characters.")
