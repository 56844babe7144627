"""Rows of a patient list: headings, cells and what stops a row."""

from datetime import date

from safelight.patients.list_rows import ListRow, map_columns, missing, read_rows

TODAY = date(2026, 10, 14)
HEADER = ["Surname", "FirstName", "DOB", "Gender", "Chart No", "Medicare No", "IRN", "IHI"]


def rows_of(*cells: list[str]) -> list[ListRow]:
    return read_rows(list(enumerate(cells, 2)), map_columns(HEADER), today=TODAY)


def test_the_headings_of_other_programs_are_understood() -> None:
    columns = map_columns(HEADER)
    assert columns == {
        "family": 0, "given": 1, "born": 2, "sex": 3, "record_number": 4,
        "medicare": 5, "irn": 6, "ihi": 7,
    }  # fmt: skip
    assert missing(columns) == []


def test_headings_without_a_birth_date_say_so() -> None:
    assert missing(map_columns(["Surname", "First name"])) == ["date of birth"]


def test_card_and_irn_of_two_columns_become_one_number() -> None:
    (row,) = rows_of(["Testcase", "Pat", "12/3/1968", "female", "1", "3278 85119 5", "2", ""])
    assert row.details is not None
    assert row.details.medicare == "32788511952"
    assert row.details.sex == "F"
    assert not row.findings


def test_an_empty_needed_cell_stops_the_row_and_says_which() -> None:
    (row,) = rows_of(["Testcase", "", "12/3/1968", "", "1", "", "", ""])
    assert row.stopped
    assert [(one.row, one.words) for one in row.findings] == [(2, "The given name is empty.")]


def test_a_birth_date_that_cannot_be_stops_the_row() -> None:
    (row,) = rows_of(["Testcase", "Pat", "31/2/1968", "", "1", "", "", ""])
    assert row.stopped
    assert row.findings[0].remedy


def test_a_bad_ihi_stops_the_row_but_a_bad_medicare_number_only_warns() -> None:
    bad_ihi, bad_medicare = rows_of(
        ["Testcase", "Pat", "12/3/1968", "", "1", "", "", "8003608833357362"],
        ["Sample", "Quinn", "12/3/1968", "", "2", "69514496771", "", ""],
    )
    assert bad_ihi.stopped
    assert not bad_medicare.stopped
    assert [one.stops for one in bad_medicare.findings] == [False]


def test_the_second_row_with_a_number_is_stopped_and_names_the_first() -> None:
    first, second = rows_of(
        ["Testcase", "Pat", "12/3/1968", "", "1", "", "", ""],
        ["Sample", "Quinn", "1/1/1970", "", "1", "", "", ""],
    )
    assert not first.stopped
    assert second.stopped
    assert "Row 2" in second.findings[0].words


def test_a_family_may_share_a_card_but_not_its_line() -> None:
    family = rows_of(
        ["Testcase", "Pat", "12/3/1968", "", "1", "3278851195", "1", ""],
        ["Testcase", "Vic", "12/3/1998", "", "2", "3278851195", "2", ""],
        ["Testcase", "Una", "12/3/1999", "", "3", "3278851195", "2", ""],
    )
    assert [row.stopped for row in family] == [False, False, True]


def test_a_row_shorter_than_the_heading_is_read() -> None:
    (row,) = rows_of(["Testcase", "Pat", "12/3/1968"])
    assert row.details is not None
    assert row.details.record_number == ""


def test_an_unknown_word_for_sex_is_said_not_guessed() -> None:
    (row,) = rows_of(["Testcase", "Pat", "12/3/1968", "purple", "1", "", "", ""])
    assert row.stopped
