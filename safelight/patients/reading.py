"""Reading about patients: found by name, birth date or number, and what was changed. No change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet

from safelight.lib.refusals import NotFound
from safelight.patients import rules
from safelight.patients.details import Details, Findings, check
from safelight.patients.keeping import details_from
from safelight.patients.models import Identifier, Merge, Patient, PatientChange
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.people.reading import people_who
from safelight.policy.models import Practice

PAGE = 20
SHORTEST = 2  # letters or digits before anything is searched
NUMBER_FROM = 4  # digits of an identifier before it is searched
KINDS = ("ihi", "medicare", "dva")


@dataclass(frozen=True, slots=True)
class Found:
    """One page of patients by name, and the key that gives the next page (empty at the end)."""

    patients: Sequence[Patient]
    after: str


def patients_of(practice: Practice | UUID) -> QuerySet[Patient]:
    """Return a practice's patients; a record that was joined to another is not one of them."""
    return Patient.objects.filter(practice=practice, merged_into__isnull=True)


def named(person: Person, patient_id: UUID) -> Patient:
    """Return a patient of the person's own practice, by id: who they are, nothing clinical.

    Another practice's patient and nobody look alike. A joined record leads to the one kept.
    """
    rows = Patient.objects.filter(practice=person.practice_id, pk=patient_id)
    # By the key: nothing to sort. Few records are joined, and few who ask show the usual GP.
    patient = next(iter(rows.select_related("practice")), None)
    while patient is not None and patient.merged_into is not None:
        patient = patient.merged_into
    if patient is None:
        raise NotFound
    return patient


def find(
    practice: Practice | UUID, text: str, *, today: date, after: str = "", limit: int = PAGE
) -> Found:
    """Find patients by the beginning of a name, a date of birth, a number, or name and date.

    Every way walks one index in its own order and stops when the page is full, so it costs the
    same in a small practice and a large one. Family names come before given names.
    """
    everyone = patients_of(practice)
    words, born = _date_in(text, today)
    folded = rules.fold(words)
    if born is not None:
        everyone = everyone.filter(born=born)
        for word in folded.split():
            everyone = everyone.filter(_word_begins(word))
        return _page([("search_name", everyone)], after, limit)
    if len(folded.replace(" ", "")) < SHORTEST:
        return Found([], "")
    if any(c.isdigit() for c in folded):
        return _page(_numbered(everyone, words), after, limit)
    return _page(_named(everyone, folded), after, limit)


def _date_in(text: str, today: date) -> tuple[str, date | None]:
    """Split what was typed into words and a date of birth, if one of its parts is a date."""
    parts = text.replace(",", " ").split()
    for length in (1, 3):
        for start in range(len(parts) - length + 1):
            try:
                born = rules.date_of_birth(" ".join(parts[start : start + length]), today=today)
            except rules.NotADate:
                continue
            return " ".join(parts[:start] + parts[start + length :]), born
    return " ".join(parts), None


def _between(column: str, prefix: str) -> Q:
    """Say that a column begins with a prefix, in the form that both databases take an index for."""
    start, end = rules.span(prefix)
    return Q(**{f"{column}__gte": start, f"{column}__lt": end})


def _word_begins(word: str) -> Q:
    return _between("search_name", word) | Q(search_name__contains=f" {word}")


def _named(everyone: QuerySet[Patient], folded: str) -> list[tuple[str, QuerySet[Patient]]]:
    """Find a name typed family first, then given first, each word of it perhaps only begun."""
    ways = {}
    for column in ("search_name", "search_given"):
        first, *rest = folded.split()
        ways[column] = _between(column, first)
        for word in rest:
            ways[column] &= Q(**{f"{column}__contains": f" {word}"})
    given_only = everyone.filter(ways["search_given"]).exclude(ways["search_name"])
    return [("search_name", everyone.filter(ways["search_name"])), ("search_given", given_only)]


def _numbered(everyone: QuerySet[Patient], text: str) -> list[tuple[str, QuerySet[Patient]]]:
    """Find by the beginning of a record number, then of an identifier, however it was grouped."""
    typed = text.strip()
    stages = []
    seen = Q(pk__in=[])
    for form in dict.fromkeys((typed, typed.upper())):
        begins = _between("record_number", form)
        stages.append(("record_number", everyone.filter(begins).exclude(seen)))
        seen |= begins
    tidy = rules.tidy_identifier(text)
    if len(tidy) >= NUMBER_FROM:
        values = Q()
        for form in {typed, typed.upper(), tidy, rules.tidy_dva(text)}:
            values |= _between("value", form)
        held = Identifier.objects.filter(values).values("patient_id")  # everyone keeps the practice
        stages.append(("search_name", everyone.filter(pk__in=held).exclude(seen)))
    return stages


def _page(stages: Sequence[tuple[str, QuerySet[Patient]]], after: str, limit: int) -> Found:
    """Cut one page by key, so that a later page costs what the first does.

    Each stage is ordered by its own column; the key says the stage, the column's value and the id.
    """
    start, key = _read_key(after, len(stages)) if after else (0, None)
    rows: list[tuple[int, str, Patient]] = []
    for number, (column, found) in list(enumerate(stages))[start:]:
        if number == start and key is not None:
            value, last = key
            found = found.filter(
                Q(**{f"{column}__gt": value}) | Q(**{column: value, "pk__gt": last})
            )
        wanted = found.select_related("usual_gp").order_by(column, "pk")
        for one in wanted[: limit + 1 - len(rows)]:
            rows.append((number, getattr(one, column), one))
        if len(rows) > limit:
            break
    more, rows = len(rows) > limit, rows[:limit]
    patients = [one for _, _, one in rows]
    return Found(patients, f"{rows[-1][0]}|{rows[-1][1]}|{patients[-1].pk}" if more else "")


def _read_key(after: str, stages: int) -> tuple[int, tuple[str, UUID]]:
    stage, _, rest = after.partition("|")
    value, _, last = rest.rpartition("|")
    try:
        number, key = int(stage), UUID(last)
    except ValueError:
        raise NotFound from None
    if not 0 <= number < stages:
        raise NotFound
    return number, (value, key)


def details_of(patient: Patient) -> Details:
    """Return what the record says of who the patient is."""
    held: dict[str, str] = {}
    for one in patient.identifiers.order_by("pk"):
        held.setdefault(one.kind, one.value)
    return details_from(patient, held)


def look_over(practice: Practice, details: Details, *, but: UUID | None = None) -> Findings:
    """Check tidy details, also against the practice's other patients (all `but` this one)."""
    found = check(details)
    others = Patient.objects.filter(practice=practice)
    if but is not None:
        others = others.exclude(pk=but)
    if others.filter(record_number=details.record_number).exists():
        found.wrong["record_number"] = (
            "Another record has this number. Open that one, or check the number."
        )
    if details.usual_gp and not gps_of(practice).filter(pk=details.usual_gp).exists():
        found.wrong["usual_gp"] = "Choose one of the practice's people, or nobody."
    found.doubtful.update(_doubles(others.filter(merged_into__isnull=True), details))
    return found


def _doubles(others: QuerySet[Patient], details: Details) -> dict[str, str]:
    doubtful: dict[str, str] = {}
    twin = others.filter(
        born=details.born, search_name=rules.fold(f"{details.family} {details.given}")
    ).first()
    if twin:
        doubtful["family"] = (
            f"Record {twin.record_number} has this name and birth date. Is it the same person?"
        )
    for kind in ("ihi", "medicare"):
        value = getattr(details, kind)
        if kind == "medicare" and not rules.medicare_names_one(value):
            continue  # without its IRN the number is a family's
        if not value:
            continue
        same = others.filter(identifiers__kind=kind, identifiers__value=value).first()
        if same:
            doubtful[kind] = f"Record {same.record_number} has this number. Is it the same person?"
    return doubtful


def gps_of(practice: Practice | UUID) -> QuerySet[Person]:
    """Return the people who may be somebody's usual GP, by name."""
    return people_who(practice, Act.PATIENT_USUAL_GP)


def clinicians_of(practice: Practice | UUID) -> QuerySet[Person]:
    """Return the people a visit can be with, by name."""
    return people_who(practice, Act.VISIT_HOLD)


def changes_of(patient: Patient) -> list[PatientChange]:
    """Return what was changed in a patient's details, newest first."""
    return list(patient.changes.select_related("by").order_by("-at", "-pk"))


def merges_of(patient: Patient) -> list[Merge]:
    """Return the records that were joined to this one, newest first, undone ones too."""
    rows = Merge.objects.filter(practice=patient.practice_id, keep=patient)
    return list(rows.select_related("gone", "by", "undone_by").order_by("-at"))


def merge_of(person: Person, merge_id: UUID) -> Merge:
    """Return one merge of the person's own practice."""
    row = Merge.objects.filter(practice=person.practice_id, pk=merge_id)
    merge = row.select_related("gone", "keep", "by").first()
    if merge is None:
        raise NotFound
    return merge
