"""Sheets: a file of rows from another program, read strictly, and rows written back safely."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from safelight.lib.refusals import BadInput

LARGEST: Final = 32 * 1024 * 1024  # bytes; 50,000 patients need about 8 MiB
MOST_ROWS: Final = 200_000
DELIMITERS: Final = (",", ";", "\t", "|")
BOMS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
SHOWN_ENCODINGS: Final = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "cp1252": "Windows-1252",
}
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


class NotASheet(BadInput):
    """The file cannot be read as a list. Nothing was brought in."""

    code = "not_a_sheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file's header and rows as text, every row with the number a spreadsheet shows for it."""

    encoding: str
    header: list[str]
    rows: list[tuple[int, list[str]]]


def read_sheet(content: bytes) -> Sheet:
    """Read a CSV file in UTF-8, UTF-16 or Windows-1252. What cannot be read for sure is refused."""
    if not content.strip():
        raise NotASheet("The file is empty.", remedy="Export it again from the other program.")
    if len(content) > LARGEST:
        raise NotASheet(
            f"The file is larger than {LARGEST // 1024 // 1024} MB.",
            remedy="Cut it into smaller files; bringing in one after another makes no doubles.",
        )
    if content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0"):
        raise NotASheet(
            "This is a spreadsheet file, not a CSV file.",
            remedy="Open it and save it as “CSV UTF-8”, then choose that file.",
        )
    encoding, text = _decode(content)
    lines = _parse(text)
    number, header = next(lines, (0, []))
    if sum(bool(cell.strip()) for cell in header) < 2:
        raise NotASheet(
            "The first row does not name any columns.",
            remedy="The first row holds the headings, such as Family name, Given name, Born.",
        )
    rows: list[tuple[int, list[str]]] = []
    for number, cells in lines:
        if len(rows) >= MOST_ROWS:
            raise NotASheet(
                f"The file has more than {MOST_ROWS} rows.", remedy="Cut it into smaller files."
            )
        if any(cell.strip() for cell in cells):
            rows.append((number, cells))
    return Sheet(encoding, [cell.strip() for cell in header], rows)


def _decode(content: bytes) -> tuple[str, str]:
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return encoding, _strictly(content, encoding)
    if b"\x00" in content[:4096]:  # UTF-16 without its mark: ASCII has every other byte empty
        even, odd = content[:4096:2].count(0), content[1:4096:2].count(0)
        encoding = "utf-16-be" if even > odd else "utf-16-le"
        return encoding, _strictly(content, encoding)
    try:
        return "utf-8", content.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252", _strictly(content, "cp1252")


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise NotASheet(
            "Some letters in the file cannot be read.",
            remedy="Save it as “CSV UTF-8” in the other program, then choose it again.",
        ) from None


def _parse(text: str) -> Iterator[tuple[int, list[str]]]:
    """Give each row with its number. A quotation mark that never closes stops it, with the row."""
    if "\x00" in text:
        raise NotASheet("The file holds bytes that are no text.", remedy="Export it again.")
    first = text.lstrip("\ufeff\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(
        io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter, strict=True
    )
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise NotASheet(
                f"Row {number} cannot be read: a quotation mark in it opens or closes wrongly.",
                remedy="Mend that row in the file, or export it again.",
            ) from None
        if number == 1 and not any(cells):
            number = 0
            continue
        yield number, cells


def write_sheet(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as CSV in which no cell can start a formula in a spreadsheet (OWASP)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    for row in (header, *rows):
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue()


def safe_cell(value: str) -> str:
    """Return a cell that stays text: an apostrophe goes before whatever could start a formula."""
    text = value.replace("\r", " ").replace("\n", " ")
    starts = value.lstrip(" ").startswith(FORMULA_STARTS) or value.startswith(FORMULA_STARTS)
    return f"'{text}" if starts else text
