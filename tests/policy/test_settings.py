"""Settings: the newest value counts, the old ones stay, and nothing leaves its bounds."""

from datetime import timedelta
from typing import Any

import pytest

from safelight.audit import reading as audit
from safelight.consent.uses import CARE, USES
from safelight.lib.refusals import BadInput, NotFound
from safelight.people.models import Person
from safelight.policy.models import LegalRule, Practice
from safelight.policy.rules import checked_value
from safelight.policy.settings import (
    DEFAULTS,
    AgesCross,
    all_settings,
    change_setting,
    history,
    setting,
)
from tests.conftest import NOON


def test_every_default_lies_within_its_own_bounds() -> None:
    for key, spec in DEFAULTS.items():
        assert checked_value(key, spec, spec.default) == spec.default, key
        assert spec.title
        assert spec.help.endswith("."), key


def test_the_uses_that_can_be_asked_about_are_those_of_consent() -> None:
    assert DEFAULTS["uses_asked"].choices == tuple(code for code in USES if code != CARE)


def test_an_unset_setting_has_its_default(practice: Practice) -> None:
    assert setting(practice, "lock_seconds") == 120
    assert all_settings(practice)["lock_seconds"] == 120


def test_a_changed_setting_counts_at_once_and_the_old_value_stays_as_history(
    practice: Practice, mo: Person
) -> None:
    change_setting(practice, key="lock_seconds", value=90, by=mo, at=NOON)
    change_setting(practice, key="lock_seconds", value=60, by=mo, at=NOON + timedelta(hours=1))
    assert setting(practice, "lock_seconds") == 60
    assert all_settings(practice)["lock_seconds"] == 60
    assert [row.value for row in history(practice, "lock_seconds")] == [60, 90]


def test_a_change_is_in_the_log_with_both_values(practice: Practice, mo: Person) -> None:
    change_setting(practice, key="lock_seconds", value=90, by=mo, at=NOON)
    entry = audit.newest(practice.pk).entries[0]
    assert (entry.action, entry.object) == ("policy.changed", "setting:lock_seconds")
    assert audit.detail_of(entry) == "A phone locks after: 120 → 90"


def test_setting_what_is_set_writes_nothing(practice: Practice, mo: Person) -> None:
    change_setting(practice, key="lock_seconds", value=120, by=mo, at=NOON)
    assert history(practice) == []
    assert audit.size(practice.pk) == 0


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("lock_seconds", 5),
        ("lock_seconds", True),
        ("lock_seconds", "90"),
        ("review_months", 13),
        ("label_pattern", ""),
        ("uses_asked", ["marketing"]),
        ("copyright_owner", "x" * 121),
    ],
)
def test_a_value_out_of_bounds_is_refused_and_nothing_changes(
    practice: Practice, mo: Person, key: str, value: Any
) -> None:
    with pytest.raises(BadInput):
        change_setting(practice, key=key, value=value, by=mo, at=NOON)
    assert setting(practice, key) == DEFAULTS[key].default


def test_an_unknown_setting_is_not_found(practice: Practice, mo: Person) -> None:
    with pytest.raises(NotFound):
        change_setting(practice, key="colour", value=1, by=mo, at=NOON)


def test_an_age_speaks_from_the_law_of_the_state_until_the_practice_sets_its_own(
    practice: Practice, mo: Person
) -> None:
    for place, years in (("NSW", 15), ("VIC", 12)):
        LegalRule.objects.create(
            practice=practice,
            jurisdiction=place,
            key="minors.guardian_under",
            value=years,
            source="test",
        )
    assert setting(practice, "guardian_under") == 15
    assert all_settings(practice)["guardian_under"] == 15
    change_setting(practice, key="guardian_under", value=16, by=mo, at=NOON)
    assert setting(practice, "guardian_under") == 16


def test_ages_that_contradict_each_other_are_refused(practice: Practice, mo: Person) -> None:
    change_setting(practice, key="adult_from", value=16, by=mo, at=NOON)
    with pytest.raises(AgesCross):
        change_setting(practice, key="guardian_under", value=17, by=mo, at=NOON)


def test_one_practice_never_reads_another_practices_setting(
    practice: Practice, other_practice: Practice, mo: Person
) -> None:
    change_setting(practice, key="lock_seconds", value=90, by=mo, at=NOON)
    assert setting(other_practice, "lock_seconds") == 120
