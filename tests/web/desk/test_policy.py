"""The policy page: the text is the settings, changed only by whom it may be, freshly confirmed."""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from safelight.people.models import Person
from safelight.policy.legal import rules_of, seed_rules
from safelight.policy.models import LegalRule, Notice, Practice
from safelight.policy.settings import setting
from tests.conftest import NOON, POINTS
from tests.signing_in import signed_in_client

Desk = Callable[[Person], Client]


def test_everyone_reads_the_policy_and_only_managers_are_offered_changes(
    practice: Practice, rec: Person, mo: Person, at_desk: Desk
) -> None:
    seed_rules(practice, at=NOON)
    page = at_desk(rec).get("/policy").content.decode()
    for wanted in ("A phone locks after", "120 seconds", "Guardianship Act 1987", "Version 1"):
        assert wanted in page
    assert "/policy/settings/" not in page
    assert "/policy/settings/lock_seconds" in at_desk(mo).get("/policy").content.decode()


@pytest.mark.parametrize("part", ["settings/lock_seconds", "wording/new", "rules/1"])
def test_a_gp_changes_nothing_and_a_manager_confirms_first(
    practice: Practice, ada: Person, mo: Person, at_desk: Desk, part: str
) -> None:
    assert at_desk(ada).post(f"/policy/{part}", {"value": 60}).status_code == 403
    answer = signed_in_client(mo, stepped_up=False).get(f"/policy/{part}")
    assert answer.status_code == 303
    assert answer["Location"].startswith("/step-up")
    assert setting(practice, "lock_seconds") == 120


def test_a_change_counts_and_is_shown_with_who_made_it(
    practice: Practice, mo: Person, at_desk: Desk
) -> None:
    desk = at_desk(mo)
    assert desk.post("/policy/settings/lock_seconds", {"value": 60}).status_code == 302
    assert setting(practice, "lock_seconds") == 60
    page = desk.get("/policy").content.decode()
    assert "A phone locks after: 60 seconds, by Mo Prototype" in page


@pytest.mark.parametrize(
    ("key", "sent", "kept"),
    [
        ("max_bytes", "20", 20_000_000),
        ("uses_asked", ["teaching", "referral"], ["referral", "teaching"]),
        ("usual_recipients", "Surgeon\r\n\r\n Eye clinic ", ["Surgeon", "Eye clinic"]),
        ("privacy_contact", "Mo, 02 5550 0100", "Mo, 02 5550 0100"),
    ],
)
def test_each_kind_of_setting_is_changed_in_its_own_form(
    practice: Practice, mo: Person, at_desk: Desk, key: str, sent: object, kept: object
) -> None:
    desk = at_desk(mo)
    assert desk.get(f"/policy/settings/{key}").status_code == 200
    assert desk.post(f"/policy/settings/{key}", {"value": sent}).status_code == 302
    assert setting(practice, key) == kept
    assert desk.get("/policy").status_code == 200


def test_a_value_out_of_bounds_comes_back_with_the_bounds(
    practice: Practice, mo: Person, at_desk: Desk
) -> None:
    answer = at_desk(mo).post("/policy/settings/review_months", {"value": 24})
    assert answer.status_code == 400
    assert "a whole number from 1 to 12" in answer.content.decode()
    assert setting(practice, "review_months") == 12
    assert at_desk(mo).get("/policy/settings/colour").status_code == 404


def test_the_next_wording_is_a_new_version_and_the_old_one_stays(
    practice: Practice, mo: Person, at_desk: Desk
) -> None:
    desk = at_desk(mo)
    form = {f"title_{key}": f"Title {key}" for key in POINTS}
    form |= {f"words_{key}": f"New words about {key}." for key in POINTS}
    assert desk.post("/policy/wording/new", form).status_code == 302
    old, new = Notice.objects.filter(practice=practice).order_by("version")
    assert (new.version, new.points[0]["words"]) == (2, "New words about why.")
    assert old.points[0]["words"] == "About why."
    assert "About why." in desk.get(f"/policy/wording/{old.pk}").content.decode()


def test_another_practices_wording_and_rules_are_not_found(
    practice: Practice, other_practice: Practice, mo: Person, at_desk: Desk
) -> None:
    seed_rules(other_practice, at=NOON)
    theirs = LegalRule.objects.filter(practice=other_practice).first()
    notice = Notice.objects.get(practice=other_practice)
    desk = at_desk(mo)
    assert theirs is not None
    assert desk.get(f"/policy/rules/{theirs.pk}").status_code == 404
    assert desk.get(f"/policy/wording/{notice.pk}").status_code == 404


def test_a_rule_of_law_is_checked_with_its_source_and_day(
    practice: Practice, mo: Person, at_desk: Desk
) -> None:
    seed_rules(practice, at=NOON)
    rule = next(row for row in rules_of(practice) if row.key == "minors.guardian_under")
    form = {
        "value": "15",
        "source": "Our insurer's letter",
        "checked_on": "2026-10-14",
        "verified": "on",
    }
    desk = at_desk(mo)
    assert desk.post(f"/policy/rules/{rule.pk}", form).status_code == 302
    rule.refresh_from_db()
    assert (rule.value, rule.checked_on, rule.verified) == (15, date(2026, 10, 14), True)
    assert setting(practice, "guardian_under") == 15
    assert desk.post(f"/policy/rules/{rule.pk}", {**form, "value": "old"}).status_code == 400
    assert desk.post(f"/policy/rules/{rule.pk}", {**form, "checked_on": ""}).status_code == 400


def test_each_use_that_may_be_asked_about_has_a_tick_of_its_own(mo: Person, at_desk: Desk) -> None:
    page = at_desk(mo).get("/policy/settings/uses_asked").content.decode()
    assert page.count('<label class="tick">') == page.count('type="checkbox"') >= 7
    assert "<fieldset" in page
