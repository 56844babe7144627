"""Keeping details: how tidy, checked details become rows. Adding, editing and lists share it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from safelight.patients import rules
from safelight.patients.details import Details, DetailsDoubtful, DetailsWrong, Findings
from safelight.patients.models import Identifier, Patient, PatientChange
from safelight.people.models import Person

FIELDS = ("family", "given", "born", "sex", "record_number", "address", "phone_number")


def columns(details: Details) -> dict[str, Any]:
    """Return the columns of a patient's row, with the names as they are searched."""
    return {
        **{name: getattr(details, name) for name in FIELDS},
        "usual_gp_id": details.usual_gp,
        "search_name": rules.fold(f"{details.family} {details.given}"),
        "search_given": rules.fold(f"{details.given} {details.family}"),
    }


def details_from(patient: Patient, held: Mapping[str, str]) -> Details:
    """Return a row's details, with the identifiers held of it by kind."""
    return Details(
        family=patient.family,
        given=patient.given,
        born=patient.born,
        sex=patient.sex,
        record_number=patient.record_number,
        address=patient.address,
        phone_number=patient.phone_number,
        usual_gp=patient.usual_gp_id,
        ihi=held.get("ihi", ""),
        medicare=held.get("medicare", ""),
        dva=held.get("dva", ""),
    )


def snapshot(details: Details) -> dict[str, Any]:
    """Return details as the history keeps them: plain JSON, what is empty left out."""
    words = {name: getattr(details, name) for name in (*FIELDS, "ihi", "medicare", "dva")}
    words["born"] = details.born.isoformat()
    words["usual_gp"] = str(details.usual_gp) if details.usual_gp else ""
    return {name: value for name, value in words.items() if value}


def require_sound(found: Findings, *, sure: bool) -> None:
    """Refuse details that are wrong; refuse doubtful ones unless somebody says they are meant."""
    if found.wrong:
        raise DetailsWrong(found.wrong)
    if found.doubtful and not sure:
        raise DetailsDoubtful(found.doubtful)


def identifier_rows(patient: Patient, details: Details) -> list[Identifier]:
    """Return the rows of a patient's identifiers, not saved yet."""
    return [
        Identifier(patient=patient, kind=kind, value=value)
        for kind, value in details.identifiers().items()
    ]


def change_row(
    patient: Patient,
    act: str,
    *,
    by: Person | None,
    at: datetime,
    before: Details | None = None,
    reason: str = "",
) -> PatientChange:
    """Return one row of a patient's history, not saved yet."""
    return PatientChange(
        patient=patient,
        act=act,
        before=snapshot(before) if before else {},
        by=by,
        at=at,
        reason=reason,
    )
