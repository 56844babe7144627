"""The practice's settings: the newest value of each, and how one is changed."""

from datetime import datetime
from typing import Any

from django.db import transaction

from safelight.audit.log import record
from safelight.lib.refusals import NotFound, Refusal
from safelight.policy.defaults import DEFAULTS
from safelight.policy.keeping import Keeper, require_keeper
from safelight.policy.models import LegalRule, Practice, Setting
from safelight.policy.rules import Spec, checked_value

__all__ = ["DEFAULTS", "AgesCross", "all_settings", "change_setting", "history", "setting"]


class AgesCross(Refusal):
    """Two ages were about to contradict each other."""

    code = "ages_cross"


def setting(practice: Practice, key: str) -> Any:
    """Return what the practice set, else its state's legal rule, else the default.

    An unknown key is a mistake in the program and raises KeyError.
    """
    spec = DEFAULTS[key]
    row = Setting.objects.filter(practice=practice, key=key).order_by("-since", "-pk").first()
    if row is not None:
        return row.value
    return _unset(practice, spec)


def all_settings(practice: Practice) -> dict[str, Any]:
    """Return every setting's present value, in the table's order, with two queries."""
    newest: dict[str, Any] = {}
    rows = Setting.objects.filter(practice=practice).order_by("since", "pk")
    for key, value in rows.values_list("key", "value"):
        newest[key] = value
    rules = _rules(practice)
    return {
        key: newest[key] if key in newest else rules.get(spec.legal, spec.default)
        for key, spec in DEFAULTS.items()
    }


def history(practice: Practice, key: str = "") -> list[Setting]:
    """Return past and present values, newest first: of one setting, or of all."""
    rows = Setting.objects.filter(practice=practice)
    return list((rows.filter(key=key) if key else rows).order_by("-since", "-pk"))


@transaction.atomic
def change_setting(practice: Practice, *, key: str, value: Any, by: Keeper, at: datetime) -> Any:
    """Set one setting from now on, within its bounds. The values before it stay as history.

    Setting what is set already changes nothing and writes nothing.
    """
    require_keeper(by, practice)
    if key not in DEFAULTS:
        raise NotFound
    value = checked_value(key, DEFAULTS[key], value)
    before = setting(practice, key)
    if value == before:
        return value
    _refuse_crossed_ages({**all_settings(practice), key: value})
    Setting.objects.create(
        practice=practice, key=key, value=value, since=at, changed_by=by.actor().id
    )
    record(
        "policy.changed",
        practice=practice.pk,
        by=by,
        at=at,
        of=f"setting:{key}",
        detail=f"{DEFAULTS[key].title}: {before} → {value}",
    )
    return value


def _refuse_crossed_ages(values: dict[str, Any]) -> None:
    if values["guardian_under"] > values["adult_from"]:
        raise AgesCross("A parent cannot decide beyond the age at which the patient does.")
    if values["parent_review_at"] > values["parent_lapse_at"]:
        raise AgesCross("Asking the young person again comes before a parent’s yes ends.")


def _rules(practice: Practice) -> dict[str, Any]:
    """Return the legal rules that speak here: Australia's, then the state's over them."""
    places = ("AU", practice.jurisdiction)
    rows = LegalRule.objects.filter(practice=practice, jurisdiction__in=places)
    told = list(rows.values_list("jurisdiction", "key", "value"))
    return {key: value for here in places for place, key, value in told if place == here}


def _unset(practice: Practice, spec: Spec) -> Any:
    return _rules(practice).get(spec.legal, spec.default) if spec.legal else spec.default
