"""List rows: which column says what, and what each row of a patient list means. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final, NamedTuple

from safelight.patients import rules
from safelight.patients.details import WORDS, Details, check, tidy

NEEDED: Final = ("family", "given", "born")
FIELDS: Final = (*WORDS, "irn", "suburb", "state", "postcode")
FIELD_WORDS: Final = {
    **WORDS,
    "usual_gp": "usual GP’s provider number",
    "irn": "Medicare IRN",
    "suburb": "suburb",
    "state": "state",
    "postcode": "postcode",
}
HEADINGS: Final = {
    "family": "family name|familyname|surname|last name|lastname|family",
    "given": "given name|given names|givenname|first name|firstname|first names|given|forename",
    "born": "born|date of birth|dateofbirth|dob|birth date|birthdate|d o b",
    "sex": "sex|gender|sex at birth|administrative sex",
    "record_number": "record number|record no|record|patient id|patientid|chart number|chart no"
    "|file number|file no|ur|urn|mrn|patient number|patient no|internal id|internalid",
    "address": "address|street|street address|address 1|address line 1|address1|home address",
    "phone_number": "phone|mobile|mobile phone|phone number|mobile number|contact|telephone"
    "|home phone",
    "usual_gp": "usual gp|usual doctor|usual provider|provider number|usual gp provider number",
    "ihi": "ihi|ihi number|individual healthcare identifier",
    "medicare": "medicare|medicare number|medicare no|medicareno|medicare card"
    "|medicare card number",
    "dva": "dva|dva number|dva no|dva file number|veterans affairs number|dvano",
    "irn": "irn|medicare irn|medicare line|medicare line number|medicare ref|medicare reference"
    "|individual reference number",
    "suburb": "suburb|city|town|locality",
    "state": "state|state territory",
    "postcode": "postcode|post code|zip",
}
SEXES: Final = {
    "f": "F", "female": "F", "woman": "F", "girl": "F",
    "m": "M", "male": "M", "man": "M", "boy": "M",
    "x": "X", "other": "X", "another term": "X", "intersex": "X", "indeterminate": "X",
    "non binary": "X", "i": "X", "o": "X",
    "": "U", "u": "U", "unknown": "U", "not stated": "U", "n": "U", "9": "U", "3": "X",
    "1": "M", "2": "F",
}  # fmt: skip


class Finding(NamedTuple):
    """Something to say of a row: its number, whether it stops the row, the words, what to do."""

    row: int
    stops: bool
    words: str
    remedy: str


@dataclass(frozen=True, slots=True)
class ListRow:
    """One row: its details, if it has any that can be kept, and what was found about it."""

    number: int
    details: Details | None
    provider: str = ""
    given_fields: frozenset[str] = frozenset()
    findings: list[Finding] = field(default_factory=list)

    @property
    def stopped(self) -> bool:
        """Whether nothing of this row is brought in."""
        return self.details is None or any(one.stops for one in self.findings)


def map_columns(header: Sequence[str]) -> dict[str, int]:
    """Say which column holds which field, by its heading; the first that fits wins."""
    columns: dict[str, int] = {}
    folded = [rules.fold(re.sub(r"([a-z])([A-Z])", r"\1 \2", cell)) for cell in header]
    also = [rules.fold(cell) for cell in header]
    for name, headings in HEADINGS.items():
        for heading in headings.split("|"):
            if heading in folded or heading in also:
                place = folded.index(heading) if heading in folded else also.index(heading)
                columns[name] = place
                break
    return columns


def missing(columns: dict[str, int]) -> list[str]:
    """Return the words of the columns without which no row can be a patient."""
    return [FIELD_WORDS[name] for name in NEEDED if name not in columns]


def read_rows(
    rows: Iterable[tuple[int, list[str]]], columns: dict[str, int], *, today: date
) -> list[ListRow]:
    """Read every row, then stop those that say the same patient or number twice in one file."""
    read = [_read(number, cells, columns, today) for number, cells in rows]
    _stop_doubles(read)
    return read


def _read(number: int, cells: list[str], columns: dict[str, int], today: date) -> ListRow:
    values = {
        name: cells[place].strip() if place < len(cells) else "" for name, place in columns.items()
    }
    stop = [
        Finding(number, True, f"The {FIELD_WORDS[name]} is empty.", "Fill it in, or leave it out.")
        for name in NEEDED
        if not values.get(name)
    ]
    born = None
    if values.get("born"):
        try:
            born = rules.date_of_birth(values["born"], today=today)
        except rules.NotADate as slip:
            stop.append(Finding(number, True, "The date of birth cannot be right.", str(slip)))
    if stop or born is None:
        return ListRow(number, None, findings=stop)
    details = tidy(
        Details(
            family=values["family"],
            given=values["given"],
            born=born,
            sex=_sex(values.get("sex", "")),
            record_number=values.get("record_number", ""),
            address=_address(values),
            phone_number=values.get("phone_number", ""),
            ihi=values.get("ihi", ""),
            medicare=_medicare(values),
            dva=values.get("dva", ""),
        )
    )
    given = frozenset(name for name, value in values.items() if value)
    row = ListRow(number, details, rules.tidy_identifier(values.get("usual_gp", "")), given)
    row.findings.extend(_check(row, details))
    return row


def _check(row: ListRow, details: Details) -> list[Finding]:
    """Check one row's details. Without a record number it may still match one by an identifier."""
    checked = check(replace(details, record_number=details.record_number or "none"))
    return [
        *(
            Finding(row.number, True, words, "Mend it in the file, or leave the cell empty.")
            for words in checked.wrong.values()
        ),
        *(
            Finding(row.number, False, words, "Brought in as it is. Check it with the patient.")
            for words in checked.doubtful.values()
        ),
    ]


def _sex(value: str) -> str:
    return SEXES.get(rules.fold(value), value[:12])


def _address(values: dict[str, str]) -> str:
    town = " ".join(
        filter(None, (values.get(name, "") for name in ("suburb", "state", "postcode")))
    )
    return ", ".join(filter(None, (values.get("address", ""), town)))


def _medicare(values: dict[str, str]) -> str:
    """Put the card's ten digits and the IRN of a column of its own together."""
    number = rules.tidy_identifier(values.get("medicare", ""))
    irn = rules.tidy_identifier(values.get("irn", ""))
    return number + irn if len(number) == rules.CARD_DIGITS and len(irn) == 1 else number


def keys_of(details: Details) -> list[tuple[str, str]]:
    """Return the numbers that name this one person: record number, IHI, Medicare with its IRN."""
    keys = [("record number", details.record_number), ("IHI", details.ihi)]
    if rules.medicare_names_one(details.medicare):
        keys.append(("Medicare number", details.medicare))
    return [(kind, value) for kind, value in keys if value]


def _stop_doubles(rows: list[ListRow]) -> None:
    """Stop the later of two rows that share a number; the earlier one is brought in."""
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        if row.details is None:
            continue
        for key in keys_of(row.details):
            before = first.setdefault(key, row.number)
            if before != row.number:
                row.findings.append(
                    Finding(
                        row.number,
                        True,
                        f"Row {before} has the same {key[0]}.",
                        "Keep the row that is right and take the other out.",
                    )
                )
                break
