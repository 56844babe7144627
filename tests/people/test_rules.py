"""Rules about people and phones, from values alone."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.people.rules import (
    CODE_LENGTH,
    CODE_LETTERS,
    check_is_due,
    clock_is_near,
    imei_looks_right,
    new_code,
    plain_code,
    shown_code,
    shown_fingerprint,
)


def test_a_code_has_ten_letters_nobody_misreads() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert all(len(code) == CODE_LENGTH and set(code) <= set(CODE_LETTERS) for code in codes)
    assert not set("ILOU") & set(CODE_LETTERS)


def test_a_typed_code_is_read_however_it_was_typed() -> None:
    assert plain_code(" 7k3qf-9xw2m ") == "7K3QF9XW2M"
    assert plain_code("OIL00-00000") == "0110000000"


@given(st.text(alphabet=CODE_LETTERS, min_size=10, max_size=10))
def test_a_shown_code_reads_back(code: str) -> None:
    assert plain_code(shown_code(code)) == code
    assert plain_code(shown_code(code).lower()) == code


def test_a_fingerprint_is_eight_signs() -> None:
    assert shown_fingerprint(bytes(32)) == "0000-0000"
    assert shown_fingerprint(b"\xff" * 32) == "ZZZZ-ZZZZ"


@pytest.mark.parametrize(
    ("imei", "right"),
    [
        ("490154203237518", True),  # the example number of 3GPP TS 23.003
        ("49 015420 323751 8", True),
        ("490154203237519", False),
        ("49015420323751²", False),
        ("49015420323751", False),
        ("", False),
    ],
)
def test_an_imei_is_checked_by_its_last_digit(imei: str, right: bool) -> None:
    assert imei_looks_right(imei) is right


def test_a_check_is_due_after_its_months() -> None:
    today = date(2026, 10, 14)
    assert check_is_due(None, today=today, months=12)
    assert check_is_due(date(2025, 10, 14), today=today, months=12)
    assert not check_is_due(date(2025, 10, 15), today=today, months=12)


@pytest.mark.parametrize("told", ["", "-5", "12e9", "999999999999999", "１７００", " 1 "])
def test_a_time_that_is_no_number_is_not_near(told: str) -> None:
    assert not clock_is_near(told, at=datetime(2026, 10, 14, tzinfo=UTC))


def test_a_clock_may_be_five_minutes_off() -> None:
    at = datetime(2026, 10, 14, tzinfo=UTC)
    stamp = int(at.timestamp())
    assert clock_is_near(str(stamp + 300), at=at)
    assert clock_is_near(str(stamp - 300), at=at)
    assert not clock_is_near(str(stamp + 301), at=at)
    assert not clock_is_near(str(stamp - 301), at=at)
