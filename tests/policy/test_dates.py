"""Dates: the practice's own day, months and birthdays counted, and how a day is written."""

from datetime import UTC, date, datetime

import pytest

from safelight.policy.dates import (
    age_on,
    anniversary,
    day_words,
    local_day,
    moment_words,
    months_on,
)

SYDNEY = "Australia/Sydney"


def test_the_day_is_the_one_where_the_practice_is() -> None:
    early = datetime(2026, 10, 13, 21, 30, tzinfo=UTC)  # 8:30 on the 14th in Sydney
    assert local_day(early, SYDNEY) == date(2026, 10, 14)
    assert local_day(early, "Australia/Perth") == date(2026, 10, 14)
    assert local_day(early, "UTC") == date(2026, 10, 13)


def test_a_birthday_counts_on_the_day_and_a_leap_day_rolls_to_march() -> None:
    assert age_on(date(2012, 10, 14), date(2026, 10, 13)) == 13
    assert age_on(date(2012, 10, 14), date(2026, 10, 14)) == 14
    assert anniversary(date(2008, 2, 29), 25) == date(2033, 3, 1)
    assert age_on(date(2008, 2, 29), date(2026, 2, 28)) == 17


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 10, 14), 12, date(2027, 10, 14)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 10, 14), -12, date(2025, 10, 14)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2026, 1, 5), -1, date(2025, 12, 5)),
        (date(2026, 12, 31), -1, date(2026, 11, 30)),
    ],
)
def test_months_are_counted_on_and_back_within_the_month(
    day: date, months: int, then: date
) -> None:
    assert months_on(day, months) == then


def test_a_day_and_a_moment_are_written_as_people_here_write_them() -> None:
    assert day_words(date(2026, 7, 8)) == "8 Jul 2026"
    afternoon = datetime(2026, 10, 14, 4, 28, tzinfo=UTC)
    assert moment_words(afternoon, SYDNEY) == "14 Oct 2026, 3:28 pm"
    midnight = datetime(2026, 10, 13, 13, 5, tzinfo=UTC)
    assert moment_words(midnight, SYDNEY) == "14 Oct 2026, 12:05 am"
