"""Duties: the table is whole, unknown roles open nothing, and leavers have none."""

import re
from pathlib import Path

import pytest

from safelight.lib.refusals import NotAllowed
from safelight.people import duties
from safelight.people.duties import (
    Act,
    letters,
    letters_of,
    may,
    needs_step_up,
    require_duty,
    role_names,
    table,
)
from safelight.people.models import Person

KNOWN = frozenset("AOSB2FUVN")
ROOT = Path(duties.__file__).parents[1]


def someone(*roles: str, is_active: bool = True) -> Person:
    return Person(roles=list(roles), is_active=is_active, given="Ida", family="Invented")


def test_the_table_and_the_acts_name_each_other() -> None:
    assert set(table()["acts"]) == {act.value for act in Act}


@pytest.mark.parametrize("act", list(Act))
def test_a_row_holds_words_known_roles_and_known_letters(act: Act) -> None:
    row = dict(table()["acts"][act.value])
    assert row.pop("words")
    assert set(row) <= set(role_names())
    assert all(set(letters) <= KNOWN and letters for letters in row.values())


def test_an_unknown_role_opens_nothing() -> None:
    assert not any(letters_of("ADMIN", act) for act in Act)
    assert not any(may(someone("ADMIN", "gp"), act) for act in Act)


def test_no_role_means_nothing() -> None:
    assert not any(may(someone(), act) for act in Act)


def test_somebody_who_left_may_nothing() -> None:
    assert not any(may(someone("GP", "M", "P", is_active=False), act) for act in Act)


# A sample of section 8, written out by hand so that a slip in the file shows.
@pytest.mark.parametrize(
    ("role", "act", "expected"),
    [
        ("GP", Act.PHOTO_FILE, "A"),
        ("RG", Act.PHOTO_FILE, "O"),
        ("RE", Act.PHOTO_FILE, ""),
        ("IT", Act.PHOTO_VIEW, ""),
        ("GP", Act.PHOTO_VIEW_WALLED, "B"),
        ("RG", Act.PHOTO_VIEW_WALLED, ""),
        ("P", Act.PHOTO_VIEW_WALLED, "S"),
        ("GP", Act.PHOTO_VIEW_SENSITIVE, "OB"),
        ("RE", Act.CONSENT_RECORD, "F"),
        ("RE", Act.CONSENT_WITHDRAW, "A"),
        ("RE", Act.PHOTO_MATCH, "U"),
        ("NU", Act.PHOTO_MOVE, "S"),
        ("RG", Act.PHOTO_MOVE, ""),
        ("M", Act.PEOPLE_MANAGE, "S"),
        ("IT", Act.PEOPLE_MANAGE, "SN"),
        ("IT", Act.AUDIT_ALL, "V"),
        ("P", Act.AUDIT_ALL, "S"),
        ("NU", Act.AUDIT_PATIENT, ""),
        ("RE", Act.PHONE_OWN, ""),
        ("IT", Act.PHONE_ANY, "S"),
        ("P", Act.EXPORT_BULK, "S2"),
        ("IT", Act.MAIL_SERVER, "S"),
        ("IT", Act.POLICY_EDIT, ""),
        ("GP", Act.MAIL_SERVER, ""),
        ("GP", Act.PATIENT_RESTRICT, "A"),
        ("NU", Act.PATIENT_RESTRICT, ""),
        ("M", Act.PATIENT_VIEW_RESTRICTED, "A"),
        ("RE", Act.PATIENT_VIEW_RESTRICTED, ""),
        ("P", Act.BREAK_GLASS_REVIEW, "A"),
        ("M", Act.BREAK_GLASS_REVIEW, "O"),
        ("RG", Act.PATIENT_USUAL_GP, "A"),
        ("NU", Act.PATIENT_USUAL_GP, ""),
        ("NU", Act.VISIT_HOLD, "A"),
        ("RG", Act.PEOPLE_SUPERVISE, ""),
    ],
)
def test_the_table_says_what_the_design_says(role: str, act: Act, expected: str) -> None:
    assert letters_of(role, act) == frozenset(expected)


def test_no_room_decides_by_a_role_that_it_names_itself() -> None:
    codes = "|".join(role_names())
    by_hand = re.compile(rf"""["'](?:{codes})["'].*\.roles|\.roles.*["'](?:{codes})["']""")
    lines = [
        f"{path.name}: {line.strip()}"
        for room in ("people", "patients", "consent", "photos", "sharing", "web")
        for path in (ROOT / room).rglob("*.py")
        for line in path.read_text().splitlines()
        if by_hand.search(line)
    ]
    assert lines == []


def test_two_roles_add_up() -> None:
    assert letters(someone("M", "P"), Act.AUDIT_PATIENT) == {"S"}
    assert may(someone("RE", "NU"), Act.PHOTO_FILE)


def test_a_plain_duty_needs_no_step_up_even_when_a_second_role_asks_one() -> None:
    assert not needs_step_up(someone("GP", "P"), Act.AUDIT_PATIENT)
    assert needs_step_up(someone("M", "P"), Act.AUDIT_PATIENT)
    assert needs_step_up(someone("GP", "P"), Act.PHOTO_VIEW_SENSITIVE)


def test_a_limited_letter_counts_only_for_a_caller_that_honours_it() -> None:
    reception = someone("RE")
    assert not may(reception, Act.PHOTO_MATCH)
    assert may(reception, Act.PHOTO_MATCH, also="U")
    with pytest.raises(NotAllowed):
        require_duty(reception, Act.PHOTO_MATCH)
    require_duty(reception, Act.PHOTO_MATCH, also="U")


def test_a_refusal_says_which_duty_is_missing() -> None:
    with pytest.raises(NotAllowed) as refused:
        require_duty(someone("IT"), Act.PHOTO_LABEL)
    assert "labelling photos" in refused.value.message
    assert refused.value.remedy
