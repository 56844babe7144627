"""A patient's details as somebody typed or sent them: tidied, and checked from values alone."""

import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from safelight.lib.refusals import Refusal
from safelight.patients import rules

LONGEST: Final = {
    "family": 80,
    "given": 80,
    "record_number": 40,
    "address": 200,
    "phone_number": 30,
    "ihi": 40,
    "medicare": 40,
    "dva": 40,
}
WORDS: Final = {
    "family": "family name",
    "given": "given name",
    "born": "date of birth",
    "sex": "sex",
    "record_number": "record number",
    "address": "address",
    "phone_number": "phone number",
    "usual_gp": "usual GP",
    "ihi": "IHI",
    "medicare": "Medicare number",
    "dva": "DVA file number",
}


@dataclass(frozen=True, slots=True)
class Details:
    """What a patient's record says of who they are. `tidy` before it is checked or kept."""

    family: str
    given: str
    born: date
    sex: str = "U"
    record_number: str = ""
    address: str = ""
    phone_number: str = ""
    usual_gp: UUID | None = None
    ihi: str = ""
    medicare: str = ""
    dva: str = ""

    def identifiers(self) -> dict[str, str]:
        """Return the identifiers given, by kind."""
        kinds = {"ihi": self.ihi, "medicare": self.medicare, "dva": self.dva}
        return {kind: value for kind, value in kinds.items() if value}


@dataclass(frozen=True, slots=True)
class Findings:
    """What is wrong with details (they are not kept), what only looks so (a tick keeps them)."""

    wrong: dict[str, str] = field(default_factory=dict)
    doubtful: dict[str, str] = field(default_factory=dict)


class DetailsWrong(Refusal):
    """Details cannot be kept as they are. Nothing was changed."""

    code = "details_wrong"
    status = 400

    def __init__(self, wrong: dict[str, str]) -> None:
        """Keep the words for each field, for the form that asked."""
        super().__init__(
            "These details were not kept.", remedy=" ".join(dict.fromkeys(wrong.values()))
        )
        self.wrong = wrong


class DetailsDoubtful(Refusal):
    """Details look mistaken, and nobody has said that they are meant. Nothing was changed."""

    code = "details_doubtful"

    def __init__(self, doubtful: dict[str, str]) -> None:
        """Keep the words for each field, for the form that asked."""
        super().__init__(
            "These details were not kept yet.", remedy="Check what is marked, then say it is right."
        )
        self.doubtful = doubtful


def tidy(details: Details) -> Details:
    """Return the same details without stray spaces and invisible characters; nothing is guessed."""
    return replace(
        details,
        family=plain(details.family),
        given=plain(details.given),
        sex=plain(details.sex),
        record_number=plain(details.record_number),
        address=plain(details.address),
        phone_number=plain(details.phone_number),
        ihi=rules.tidy_identifier(plain(details.ihi)),
        medicare=rules.tidy_identifier(plain(details.medicare)),
        dva=rules.tidy_dva(plain(details.dva)),
    )


def plain(text: str) -> str:
    """Return text in one normal form, on one line, without control or direction marks."""
    normal = unicodedata.normalize("NFC", text)
    kept = (" " if c.isspace() else c for c in normal)
    return " ".join(
        "".join(c for c in kept if unicodedata.category(c) not in ("Cc", "Cf", "Cs")).split()
    )


def check(details: Details) -> Findings:
    """Check tidy details. A bad IHI is wrong; a bad Medicare or DVA number is doubtful (the rule
    in identifiers, first lines: even public test sets hold one).
    """
    wrong: dict[str, str] = {}
    for name in ("family", "given", "record_number"):
        if not getattr(details, name):
            wrong[name] = f"Add the {WORDS[name]}. Nothing was kept."
    for name, longest in LONGEST.items():
        if len(getattr(details, name)) > longest:
            wrong[name] = f"The {WORDS[name]} is longer than {longest} characters."
    if details.sex not in ("F", "M", "X", "U"):
        wrong["sex"] = "Choose one of the four, or “Not stated”."
    if details.family and not rules.fold(details.family + details.given):
        wrong["family"] = "The name needs at least one letter, or nobody can find it."
    if details.ihi and not rules.ihi_holds(details.ihi):
        wrong["ihi"] = (
            "This IHI has a slip in it: 16 digits, starting 800360, the last one checks the rest."
            " Copy it again, or leave it empty."
        )
    return Findings(wrong, _doubtful(details))


def _doubtful(details: Details) -> dict[str, str]:
    doubtful: dict[str, str] = {}
    if details.medicare and not rules.medicare_holds(details.medicare):
        doubtful["medicare"] = "This Medicare number does not add up. Look at the card again."
    if details.dva and not rules.dva_holds(details.dva):
        doubtful["dva"] = "This is not the usual form of a DVA file number, such as NX123456."
    return doubtful
