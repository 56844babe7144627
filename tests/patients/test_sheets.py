"""Sheets from other programs: encodings, quoting, numbering, and rows written back safely."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.patients.sheets import NotASheet, read_sheet, safe_cell, write_sheet

TEXT = "Family name,Given name,Born\r\nNúñez,José,12/03/1968\r\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("utf-16"),
        b"\xfe\xff" + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),
        TEXT.encode("cp1252"),
    ],
    ids=["utf-8", "utf-8 with mark", "utf-16", "utf-16 big", "utf-16 no mark", "windows-1252"],
)
def test_every_encoding_a_practice_system_writes_is_read(content: bytes) -> None:
    sheet = read_sheet(content)
    assert sheet.header == ["Family name", "Given name", "Born"]
    assert sheet.rows == [(2, ["Núñez", "José", "12/03/1968"])]


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_other_separators_are_seen(mark: str) -> None:
    sheet = read_sheet(TEXT.replace(",", mark).encode())
    assert sheet.rows[0][1] == ["Núñez", "José", "12/03/1968"]


def test_a_cell_with_a_line_break_keeps_the_spreadsheets_row_numbers() -> None:
    sheet = read_sheet(b'A,B\n"one\ntwo",2\n\nthree,4\n')
    assert [number for number, _ in sheet.rows] == [2, 4]


def test_an_open_quotation_mark_names_its_row() -> None:
    with pytest.raises(NotASheet, match="Row 3"):
        read_sheet(b'A,B\n1,2\n"three,4\nfive,6\n')


@pytest.mark.parametrize(
    "content",
    [b"", b"  \n", b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", b"\x81\x8d,b\n1,2\n", b"only\n1\n"],
    ids=["empty", "blank", "xlsx", "xls", "no encoding", "one column"],
)
def test_what_is_no_list_is_refused_with_a_way_on(content: bytes) -> None:
    with pytest.raises(NotASheet) as refused:
        read_sheet(content)
    assert refused.value.remedy


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", " =", "＝"])
def test_no_written_cell_can_start_a_formula(start: str) -> None:
    assert safe_cell(start + "cmd()").startswith("'")


@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=5))
def test_written_rows_read_back_as_the_same_number_of_cells(rows: list[list[str]]) -> None:
    text = write_sheet(["A", "B"], rows)
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert [len(row) for row in read] == [2] * (len(rows) + 1)
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in read for cell in row)
