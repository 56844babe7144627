"""Rules about patients: identifiers on public test values, names, dates, ages."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.lib.luhn import luhn_sum
from safelight.patients import rules

TODAY = date(2026, 10, 14)
IHIS = (
    "8003608833357361",
    "8003608666701594",
    "8003608166980417",
    "8003608333647261",
    "8003608500314679",
)
MEDICARES = (
    "32788511952",
    "22968184811",
    "22968184812",
    "29545401611",
    "49516514911",
    "69518252411",
    "2950156481",
)


@pytest.mark.parametrize("value", IHIS)
def test_a_public_test_ihi_holds(value: str) -> None:
    assert rules.ihi_holds(value)


@pytest.mark.parametrize("value", IHIS)
def test_every_change_of_one_digit_of_an_ihi_is_found(value: str) -> None:
    for place in range(16):
        for digit in "0123456789":
            changed = value[:place] + digit + value[place + 1 :]
            assert rules.ihi_holds(changed) == (changed == value)


@pytest.mark.parametrize("value", IHIS)
def test_neighbours_swapped_in_an_ihi_are_found_but_for_luhns_blind_spot(value: str) -> None:
    for place in range(15):
        a, b = value[place], value[place + 1]
        swapped = value[:place] + b + a + value[place + 2 :]
        if swapped != value and {a, b} != {"0", "9"}:
            assert not rules.ihi_holds(swapped)


def test_a_healthcare_providers_number_is_no_ihi() -> None:
    assert luhn_sum("8003619900015717") % 10 == 0
    assert not rules.ihi_holds("8003619900015717")


@pytest.mark.parametrize("value", MEDICARES)
def test_a_public_test_medicare_number_holds(value: str) -> None:
    assert rules.medicare_holds(value)


@pytest.mark.parametrize("value", ["6951449677", "12345678901", "32788511852", "327885119520", ""])
def test_a_wrong_medicare_number_does_not_hold(value: str) -> None:
    assert not rules.medicare_holds(value)


@pytest.mark.parametrize("value", MEDICARES)
def test_every_change_of_one_of_the_nine_checked_digits_of_a_medicare_number_is_found(
    value: str,
) -> None:
    for place in range(9):
        for digit in "0123456789":
            changed = value[:place] + digit + value[place + 1 :]
            assert rules.medicare_holds(changed) == (changed == value)


def test_an_irn_of_zero_is_no_person() -> None:
    assert not rules.medicare_holds("32788511950")


def test_only_a_medicare_number_with_its_irn_names_one_person() -> None:
    assert rules.medicare_names_one("32788511952")
    assert not rules.medicare_names_one("3278851195")


@pytest.mark.parametrize("value", ["NBUR9080", "QX144963", "VX123456A", "N 123456", "SSS12345"])
def test_a_dva_number_of_a_known_form_holds(value: str) -> None:
    assert rules.dva_holds(value)


@pytest.mark.parametrize("value", ["AX123456", "NX12345", "NXSS12345", "N1234567", "NBUR9080AB"])
def test_a_dva_number_of_no_known_form_does_not_hold(value: str) -> None:
    assert not rules.dva_holds(value)


def test_a_dva_number_without_a_war_code_gets_its_blank_back() -> None:
    assert rules.tidy_dva("n 123456") == rules.tidy_dva("N123456") == "N 123456"
    assert rules.dva_holds(rules.tidy_dva("N123456"))


@given(st.text(max_size=30))
def test_tidying_an_identifier_twice_is_tidying_it_once(text: str) -> None:
    assert rules.tidy_identifier(rules.tidy_identifier(text)) == rules.tidy_identifier(text)
    assert rules.tidy_dva(rules.tidy_dva(text)) == rules.tidy_dva(text)


def test_spaces_and_every_kind_of_dash_leave_an_identifier() -> None:
    assert rules.tidy_identifier(" 8003 6088\u20133335-7361 ") == "8003608833357361"


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("O'Brien", "obrien"),
        ("O’BRIEN", "obrien"),
        ("Núñez", "nunez"),
        ("Strauß", "strauss"),
        ("Smith-Jones", "smith jones"),
        ("  van   der Berg ", "van der berg"),
        ("Łukasz Øster", "lukasz oster"),
        ("李", "李"),
    ],
)
def test_a_name_is_found_however_it_was_typed(name: str, folded: str) -> None:
    assert rules.fold(name) == folded


@given(st.text(max_size=40))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert rules.fold(rules.fold(text)) == rules.fold(text)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=10), st.text(max_size=10))
def test_a_prefix_span_holds_everything_that_begins_with_it(prefix: str, rest: str) -> None:
    start, end = rules.span(prefix)
    if not rest.startswith(rules.EVERY_AFTER):
        assert start <= prefix + rest < end


@pytest.mark.parametrize(
    "text",
    ["12/3/1968", "12/03/1968", "12-3-1968", "12.03.68", "12 Mar 1968", "12 march 68",
     "1968-03-12", "1968-03-12 00:00:00", "12/03/1968 0:00", " 12 / 3 / 1968 "],
)  # fmt: skip
def test_a_birth_date_is_read_as_people_here_write_it(text: str) -> None:
    assert rules.date_of_birth(text, today=TODAY) == date(1968, 3, 12)


def test_two_digits_of_a_year_mean_the_latest_year_that_has_come() -> None:
    assert rules.date_of_birth("1/1/26", today=TODAY) == date(2026, 1, 1)
    assert rules.date_of_birth("1/1/27", today=TODAY) == date(1927, 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "tomorrow",
        "31/2/1990",
        "3/13/1990",
        "15/10/2026",
        "1/1/1870",
        "12/3",
        "1/1/196",
        "1/xxx/90",
    ],
)
def test_what_is_no_birth_date_is_refused_and_not_guessed(text: str) -> None:
    with pytest.raises(rules.NotADate):
        rules.date_of_birth(text, today=TODAY)


@pytest.mark.parametrize(
    ("born", "words"),
    [
        (date(2026, 10, 14), "0 days"),
        (date(2026, 10, 13), "1 day"),
        (date(2026, 9, 20), "3 weeks"),
        (date(2026, 6, 15), "3 months"),
        (date(2024, 10, 15), "23 months"),
        (date(2024, 10, 14), "2"),
        (date(1968, 10, 15), "57"),
        (date(1968, 10, 14), "58"),
        (date(2027, 1, 1), "not born yet"),
    ],
)
def test_an_age_is_said_as_a_clinician_says_it(born: date, words: str) -> None:
    assert rules.age_words(born, TODAY) == words


def test_identifiers_are_shown_in_the_groups_of_the_card() -> None:
    assert rules.shown("ihi", "8003608833357361") == "8003 6088 3335 7361"
    assert rules.shown("medicare", "32788511952") == "3278 85119 5 2"
    assert rules.shown("dva", "NBUR9080") == "NBUR9080"
