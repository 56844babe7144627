"""Batches: some rows of a list against the patients already here, decided and then written."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import models

from safelight.patients.details import Details, check
from safelight.patients.keeping import FIELDS, change_row, columns, details_from, identifier_rows
from safelight.patients.list_rows import Finding, ListRow, keys_of
from safelight.patients.models import Identifier, Patient, PatientChange, PatientList
from safelight.patients.reading import KINDS
from safelight.patients.rules import fold
from safelight.people.models import Person
from safelight.policy.models import Practice

ROW_FIELDS: Final = [*FIELDS, "usual_gp", "search_name", "search_given"]


class Outcome(models.TextChoices):
    """What a row does, or did."""

    ADDED = "added", "added"
    CHANGED = "changed", "changed"
    SAME = "same", "already the same"
    STOPPED = "stopped", "not brought in"


@dataclass(slots=True)
class Plan:
    """What one row comes to."""

    outcome: Outcome
    findings: list[Finding]
    details: Details | None = None
    patient: Patient | None = None
    before: Details | None = None


@dataclass(slots=True)
class Batch:
    """The patients that some rows could mean, read with four queries however many rows.

    With `locks` their rows are held until the transaction ends, and are read as they are then: what
    a person changes at that moment comes before or after, and is never overrun.
    """

    practice: Practice
    locks: bool = False
    by_number: dict[str, Patient] = field(default_factory=dict)
    by_value: dict[tuple[str, str], Patient] = field(default_factory=dict)
    numbers: dict[UUID, list[Identifier]] = field(default_factory=dict)
    doctors: dict[str, UUID] = field(default_factory=dict)

    def plan(self, rows: Sequence[ListRow]) -> list[Plan]:
        """Decide what each row does. Reads only, so a dry run and the real one decide alike."""
        self._load([row for row in rows if not row.stopped])
        return [self._plan_row(row) for row in rows]

    def _load(self, rows: Sequence[ListRow]) -> None:
        wanted = [row.details for row in rows if row.details]
        values = {value for one in wanted for _, value in keys_of(one)}
        found = {one.pk: one for one in self._patients(wanted, values)}
        for row in Identifier.objects.filter(patient__in=list(found)).order_by("pk"):
            self.numbers.setdefault(row.patient_id, []).append(row)
            if row.value in values and found[row.patient_id].merged_into_id is None:
                self.by_value[(row.kind, row.value)] = found[row.patient_id]
        self.by_number = {one.record_number: one for one in found.values()}
        people = Person.objects.filter(practice=self.practice, is_active=True)
        self.doctors = {one.provider_number: one.pk for one in people if one.provider_number}

    def _patients(self, wanted: Sequence[Details], values: Collection[str]) -> list[Patient]:
        """Find whom the rows could mean, then read them, always in one order: locks never cross."""
        numbers = {one.record_number for one in wanted if one.record_number}
        known = Patient.objects.filter(practice=self.practice, record_number__in=numbers)
        named = Identifier.objects.filter(value__in=values)
        keys = set(known.values_list("pk", flat=True)) | {
            patient
            for patient, practice in named.values_list("patient_id", "patient__practice_id")
            if practice == self.practice.pk  # here, as the practice's index is slower
        }
        rows = Patient.objects.filter(pk__in=keys).order_by("pk")
        return list(rows.select_for_update() if self.locks else rows)

    def _plan_row(self, row: ListRow) -> Plan:
        details = row.details
        if details is None or row.stopped:
            return Plan(Outcome.STOPPED, row.findings)
        details = replace(details, usual_gp=self.doctors.get(row.provider))
        if row.provider and details.usual_gp is None:
            row.findings.append(
                Finding(
                    row.number,
                    False,
                    "Nobody here has the provider number of the usual GP.",
                    "Brought in without a usual GP. Choose one on the patient’s page.",
                )
            )
        patient, stop = self._whose(row, details)
        if stop is not None:
            return Plan(Outcome.STOPPED, [*row.findings, stop])
        if patient is None:
            return Plan(Outcome.ADDED, row.findings, details)
        before = self._details(patient)
        after = _filled(before, details, row.given_fields)
        if after == before:
            return Plan(Outcome.SAME, row.findings, after, patient, before)
        wrong = check(after).wrong
        if wrong:
            stops = [
                Finding(row.number, True, words, "Mend it in the file.") for words in wrong.values()
            ]
            return Plan(Outcome.STOPPED, [*row.findings, *stops])
        return Plan(Outcome.CHANGED, row.findings, after, patient, before)

    def _whose(self, row: ListRow, details: Details) -> tuple[Patient | None, Finding | None]:
        """Say whose row this is: by record number first, then by a number that names one person."""

        def stop(words: str, remedy: str) -> tuple[None, Finding]:
            return None, Finding(row.number, True, words, remedy)

        patient = self.by_number.get(details.record_number) if details.record_number else None
        other = self._by_identifier(details)
        if patient is None and other is not None:
            if not details.record_number:
                return other, None
            return stop(
                f"Record {other.record_number} here has the same IHI or Medicare number.",
                "If it is the same person, use that record number. If not, check the number.",
            )
        if patient is None:
            if details.record_number:
                return None, None
            return stop("The record number is empty.", "Fill it in, or leave the row out.")
        if patient.merged_into_id:
            return stop(
                "This record was joined to another one here.",
                "Take the row out, or use the number of the record that was kept.",
            )
        if other is not None and other.pk != patient.pk:
            return stop(
                f"The IHI or Medicare number is that of record {other.record_number} here.",
                "Check which of the two records the number belongs to.",
            )
        if patient.born != details.born and fold(patient.family) != fold(details.family):
            return stop(
                "This record number belongs to somebody else here: name and birth date differ.",
                "Check the record number. Nothing of the record here was changed.",
            )
        return patient, None

    def _by_identifier(self, details: Details) -> Patient | None:
        for kind in ("ihi", "medicare"):
            found = self.by_value.get((kind, getattr(details, kind)))
            if found is not None and (kind, getattr(details, kind)) in _naming(details):
                return found
        return None

    def _details(self, patient: Patient) -> Details:
        held: dict[str, str] = {}
        for row in self.numbers.get(patient.pk, []):
            held.setdefault(row.kind, row.value)
        return details_from(patient, held)

    def carry_out(
        self, plans: Iterable[Plan], kept: PatientList, *, by: Person | None, at: datetime
    ) -> None:
        """Write what was decided, in a few statements for the whole batch."""
        plans = list(plans)
        _add([one for one in plans if one.outcome is Outcome.ADDED], kept, by=by, at=at)
        changed = [one for one in plans if one.outcome is Outcome.CHANGED]
        self._change(changed, by=by, at=at)

    def _change(self, plans: Sequence[Plan], *, by: Person | None, at: datetime) -> None:
        changed, numbers, history = [], [], []
        gone: set[int] = set()
        for one in plans:
            if one.patient is None or one.details is None or one.before is None:
                continue
            for name, value in columns(one.details).items():
                setattr(one.patient, name, value)
            changed.append(one.patient)
            for kind in KINDS:
                was, now = getattr(one.before, kind), getattr(one.details, kind)
                if now and was != now:
                    held = self.numbers.get(one.patient.pk, [])
                    gone |= {row.pk for row in held if row.kind == kind and row.value in (was, now)}
                    numbers.append(Identifier(patient=one.patient, kind=kind, value=now))
            history.append(change_row(one.patient, "imported", by=by, at=at, before=one.before))
        Patient.objects.bulk_update(changed, ROW_FIELDS)
        Identifier.objects.filter(pk__in=gone).delete()
        Identifier.objects.bulk_create(numbers)
        PatientChange.objects.bulk_create(history)


def _naming(details: Details) -> set[tuple[str, str]]:
    kinds = {"IHI": "ihi", "Medicare number": "medicare"}
    return {(kinds[kind], value) for kind, value in keys_of(details) if kind in kinds}


def _filled(before: Details, row: Details, given: frozenset[str]) -> Details:
    """Return what the record would say: the row's cells over it. An empty cell erases nothing."""
    words: dict[str, Any] = {
        name: getattr(row, name)
        for name in (*FIELDS, *KINDS)
        if name in given and getattr(row, name)
    }
    if row.usual_gp:
        words["usual_gp"] = row.usual_gp
    return replace(before, **words)


def _add(plans: Sequence[Plan], kept: PatientList, *, by: Person | None, at: datetime) -> None:
    pairs = [
        (Patient(practice=kept.practice, added_at=at, **columns(one.details)), one.details)
        for one in plans
        if one.details
    ]
    Patient.objects.bulk_create([patient for patient, _ in pairs])
    Identifier.objects.bulk_create(
        [row for patient, details in pairs for row in identifier_rows(patient, details)]
    )
    PatientChange.objects.bulk_create(
        [change_row(patient, "imported", by=by, at=at, reason="") for patient, _ in pairs]
    )
