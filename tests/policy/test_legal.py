"""Legal rules: facts with sources for every place, and wording that is never edited."""

from typing import Any

import pytest

from safelight.lib.refusals import BadInput, NotFound
from safelight.people.models import Person
from safelight.policy.legal import (
    AUSTRALIA,
    JURISDICTIONS,
    change_rule,
    rules_of,
    seed_rules,
    seeds,
    title_of,
)
from safelight.policy.models import LegalRule, Notice, Practice
from safelight.policy.settings import DEFAULTS
from safelight.policy.words import FIRST_POINTS, first_notice, new_notice, newest_notice
from tests.conftest import NOON, POINTS


@pytest.mark.parametrize("place", JURISDICTIONS)
def test_every_place_has_every_rule_that_consent_needs(place: str) -> None:
    keys = {seed.key for seed in seeds() if seed.place in (place, AUSTRALIA)}
    assert {spec.legal for spec in DEFAULTS.values() if spec.legal} <= keys
    assert {"retention.adult_years", "retention.child_until", "representatives.order"} <= keys


def test_every_rule_names_its_source_and_our_own_are_marked_unconfirmed() -> None:
    for seed in seeds():
        assert 0 < len(seed.source) <= 240
        if "own rule" in seed.source:
            assert not seed.verified


def test_seeding_twice_adds_nothing_and_never_writes_over(practice: Practice, mo: Person) -> None:
    added = seed_rules(practice, at=NOON)
    assert added == LegalRule.objects.count() > 10
    rule = next(row for row in rules_of(practice) if row.key == "retention.adult_years")
    change_rule(
        practice,
        rule_id=rule.pk,
        value=8,
        source="Ours",
        checked_on=NOON.date(),
        verified=True,
        by=mo,
        at=NOON,
    )
    assert seed_rules(practice, at=NOON) == 0
    kept = {rule.key: rule.value for rule in rules_of(practice)}
    assert kept["retention.adult_years"] == 8
    assert title_of("retention.adult_years") == "A record is kept after the last entry for"


def test_a_rule_keeps_its_kind_and_belongs_to_one_practice(
    practice: Practice, other_practice: Practice, mo: Person
) -> None:
    seed_rules(practice, at=NOON)
    rule = rules_of(practice)[0]
    facts: dict[str, Any] = {
        "source": "Ours",
        "checked_on": None,
        "verified": False,
        "by": mo,
        "at": NOON,
    }
    for value in ("14", -1, 131, True):
        with pytest.raises(BadInput):
            change_rule(practice, rule_id=rule.pk, value=value, **facts)
    with pytest.raises(BadInput):
        change_rule(practice, rule_id=rule.pk, value=14, **{**facts, "source": " "})
    with pytest.raises(NotFound):
        change_rule(other_practice, rule_id=rule.pk, value=14, **facts)


def test_the_first_wording_has_the_six_points_and_is_given_once(practice: Practice) -> None:
    assert tuple(point["key"] for point in FIRST_POINTS) == POINTS
    Notice.objects.all().delete()
    first = first_notice(practice, at=NOON)
    assert first_notice(practice, at=NOON) == first == newest_notice(practice)


def test_the_next_wording_needs_all_six_points_in_words(practice: Practice, mo: Person) -> None:
    points = [dict(point) for point in FIRST_POINTS]
    assert new_notice(practice, points=points, by=mo, at=NOON).version == 2
    for wrong in (points[:5], [*points[:5], {**points[5], "words": " "}], points[::-1]):
        with pytest.raises(BadInput):
            new_notice(practice, points=wrong, by=mo, at=NOON)
    assert newest_notice(practice).version == 2
