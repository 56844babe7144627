"""Importing: a list of patients is checked first, changes nothing, then comes in batch by batch."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.patients.batches import Batch, Outcome, Plan
from safelight.patients.list_rows import FIELDS, Finding, ListRow, map_columns, missing, read_rows
from safelight.patients.models import ListFinding, PatientList
from safelight.patients.sheets import SHOWN_ENCODINGS, Sheet, read_sheet, write_sheet
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.policy.dates import local_day

BATCH: Final = 500  # rows in one transaction: short enough that a phone's filing never waits long
CLAIM_LASTS: Final = timedelta(minutes=2)  # a batch takes seconds; a claim this old was dropped
MOST_TRIES: Final = 10  # of one batch; a fault of the server's may pass, one of the list does not
FORGOTTEN_AFTER: Final = timedelta(days=1)  # an unconfirmed file is a pile of names nobody needs
State = PatientList.State


class NotWaiting(Refusal):
    """The list was brought in or left alone already. Nothing was changed."""

    code = "list_not_waiting"


def check_list(content: bytes, *, by: Person, at: datetime) -> PatientList:
    """Keep a file and say what bringing it in would do. No patient is changed (a dry run).

    The file is read and compared before anything is written, so nobody waits for its lock.
    """
    require_duty(by, Act.PATIENT_IMPORT)
    forget_old_lists(at=at)
    sheet = read_sheet(content)
    kept = PatientList(
        practice=by.practice,
        content=content,
        sha256=sha256(content).hexdigest(),
        encoding=SHOWN_ENCODINGS[sheet.encoding],
        columns=map_columns(sheet.header),
        added_by=by,
        added_at=at,
    )
    findings = _forecast(kept, sheet, at=at)
    with transaction.atomic():
        kept.save()
        _say(kept, findings)
    return kept


def choose_columns(
    kept: PatientList, columns: dict[str, int], *, by: Person, at: datetime
) -> PatientList:
    """Say which column holds what, and check the whole file again."""
    require_duty(by, Act.PATIENT_IMPORT)
    kept = _waiting(list_for(by, kept.pk))
    sheet = read_sheet(bytes(kept.content))
    if any(
        name not in FIELDS or not 0 <= place < len(sheet.header) for name, place in columns.items()
    ):
        raise BadInput("Not changed. Choose from the columns of the file.")
    kept.columns = columns
    findings = _forecast(kept, sheet, at=at)
    with transaction.atomic():
        _waiting(_locked(kept, by))
        kept.save(update_fields=["columns", "rows", "forecast"])
        kept.findings.all().delete()
        _say(kept, findings)
    return kept


def _forecast(kept: PatientList, sheet: Sheet, *, at: datetime) -> list[Finding]:
    """Count what every row would do; return what is to be said of them."""
    kept.rows = len(sheet.rows)
    if missing(kept.columns):
        kept.forecast = {}
        return []
    rows = read_rows(sheet.rows, kept.columns, today=local_day(at, kept.practice.zone))
    counts: Counter[str] = Counter()
    findings: list[Finding] = []
    for start in range(0, len(rows), BATCH):
        for plan in Batch(kept.practice).plan(rows[start : start + BATCH]):
            counts[plan.outcome.value] += 1
            findings.extend(plan.findings)
    kept.forecast = dict(counts)
    return findings


def _say(kept: PatientList, findings: Iterable[Finding]) -> None:
    ListFinding.objects.bulk_create(
        [ListFinding(list=kept, **one._asdict()) for one in findings], batch_size=1000
    )


@transaction.atomic
def confirm_list(kept: PatientList, *, by: Person, at: datetime) -> PatientList:
    """Say that a checked list is to be brought in. The worker does it; confirming twice is once."""
    require_duty(by, Act.PATIENT_IMPORT)
    kept = _locked(kept, by)
    if kept.state in (State.CONFIRMED, State.DONE):
        return kept
    kept = _waiting(kept)
    if missing(kept.columns):
        raise BadInput("Not brought in. Say first which columns hold the name and birth date.")
    kept.state, kept.confirmed_by, kept.confirmed_at = State.CONFIRMED, by, at
    kept.next_row, kept.result = 0, {}
    kept.save(update_fields=["state", "confirmed_by", "confirmed_at", "next_row", "result"])
    kept.findings.all().delete()  # each batch says again what it finds, at the time it comes in
    return kept


@transaction.atomic
def leave_list(kept: PatientList, *, by: Person, at: datetime) -> PatientList:
    """Leave a checked list alone: its file is emptied, no patient was changed."""
    require_duty(by, Act.PATIENT_IMPORT)
    kept = _waiting(_locked(kept, by))
    kept.state, kept.content, kept.done_at = State.LEFT, b"", at
    kept.save(update_fields=["state", "content", "done_at"])
    return kept


def _go_on() -> bool:
    return False


def bring_in(
    kept: PatientList,
    *,
    at: datetime,
    batches: int | None = None,
    stop: Callable[[], bool] = _go_on,
) -> PatientList:
    """Bring in the next batches of a confirmed list; all that are left without a number.

    Each batch is one transaction that also moves the list on, so stopping anywhere loses nothing
    and repeats nothing; a claim keeps two workers off one list. `stop` is asked after each batch:
    the worker files photos there, and says whether it is to end. A list whose batch breaks off time
    after time comes to a stop, and its page says so.
    """
    if not _claim(kept, at):
        return PatientList.objects.get(pk=kept.pk)
    kept = PatientList.objects.select_related("practice", "confirmed_by").get(pk=kept.pk)
    if kept.tries > MOST_TRIES:
        return _give_up(kept, at=at)
    sheet = read_sheet(bytes(kept.content))
    rows = read_rows(sheet.rows, kept.columns, today=local_day(kept.added_at, kept.practice.zone))
    done = 0
    while kept.state == State.CONFIRMED and (batches is None or done < batches):
        kept = _next_batch(kept, rows, at=at)
        done += 1
        if stop():
            break
    PatientList.objects.filter(pk=kept.pk).update(claimed_at=None)
    return kept


def bring_in_waiting(*, at: datetime, stop: Callable[[], bool] = _go_on) -> bool:
    """Bring in the oldest confirmed list, for the worker. Say whether there was one."""
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - CLAIM_LASTS)
    kept = PatientList.objects.filter(free, state=State.CONFIRMED).order_by("confirmed_at").first()
    if kept is None:
        return False
    bring_in(kept, at=at, stop=stop)
    return True


def _claim(kept: PatientList, at: datetime) -> bool:
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lt=at - CLAIM_LASTS)
    mine = PatientList.objects.filter(free, pk=kept.pk, state=State.CONFIRMED)
    return mine.update(claimed_at=at, tries=F("tries") + 1) == 1


@transaction.atomic
def _give_up(kept: PatientList, *, at: datetime) -> PatientList:
    """Try a list no more. What came in stays, and its file is emptied."""
    kept.state, kept.content, kept.done_at = State.STUCK, b"", at
    kept.save(update_fields=["state", "content", "done_at"])
    words = f"{kept.next_row} of {kept.rows} rows; file {kept.sha256}"
    _note(kept, words, at=at, outcome="stopped")
    return kept


def _note(kept: PatientList, words: str, *, at: datetime, outcome: str = "done") -> None:
    """Write in the log what came of a list so far, in the name of whoever confirmed it."""
    record(
        "patient.imported",
        practice=kept.practice_id,
        by=kept.confirmed_by,
        of=f"list:{kept.pk}",
        at=at,
        outcome=outcome,
        detail=words,
    )


@transaction.atomic
def _next_batch(kept: PatientList, rows: Sequence[ListRow], *, at: datetime) -> PatientList:
    kept = (
        PatientList.objects.select_for_update(of=("self",))
        .select_related("practice", "confirmed_by")
        .defer("content")
        .get(pk=kept.pk)
    )
    batch = rows[kept.next_row : kept.next_row + BATCH]
    found = Batch(kept.practice, locks=True)
    plans = found.plan(batch)
    found.carry_out(plans, kept, by=kept.confirmed_by, at=at)
    counts = Counter(kept.result)
    counts.update(plan.outcome.value for plan in plans)
    kept.result = dict(counts)
    kept.next_row += len(batch)
    kept.tries = 0
    kept.save(update_fields=["result", "next_row", "tries"])
    _say(kept, (one for plan in plans for one in plan.findings))
    if kept.next_row >= len(rows):
        kept.state, kept.done_at, kept.content = State.DONE, at, b""
        kept.save(update_fields=["state", "done_at", "content"])
    _note(kept, _in_words(plans, kept.sha256), at=at)
    return kept


def _in_words(plans: Iterable[Plan], fingerprint: str) -> str:
    counts = Counter(plan.outcome for plan in plans)
    words = ", ".join(
        f"{counts[outcome]} {outcome.label}" for outcome in Outcome if counts[outcome]
    )
    return f"{words or 'no rows'}; file {fingerprint}"


def _waiting(kept: PatientList) -> PatientList:
    if kept.state != State.CHECKED:
        raise NotWaiting(
            "Not changed. This list was already brought in, or left alone.",
            remedy="Choose the file again: bringing it in once more makes no doubles.",
        )
    return kept


def forget_old_lists(*, at: datetime) -> int:
    """Empty the files that nobody confirmed within a day; what they would have done is kept."""
    old = PatientList.objects.filter(state=State.CHECKED, added_at__lt=at - FORGOTTEN_AFTER)
    return old.update(state=State.LEFT, content=b"", done_at=at)


def list_for(person: Person, list_id: UUID) -> PatientList:
    """Return a list of the person's own practice; any other looks like none."""
    return _of(person, list_id, PatientList.objects.all())


def _locked(kept: PatientList, by: Person) -> PatientList:
    return _of(by, kept.pk, PatientList.objects.select_for_update())


def _of(person: Person, list_id: UUID, rows: QuerySet[PatientList]) -> PatientList:
    kept = rows.filter(practice=person.practice_id, pk=list_id).first()
    if kept is None:
        raise NotFound
    return kept


def headings_of(kept: PatientList) -> list[str]:
    """Return the headings of a waiting list's file; none once it is emptied."""
    return read_sheet(bytes(kept.content)).header if kept.content else []


def findings_of(kept: PatientList, *, limit: int | None = None) -> list[ListFinding]:
    """Return what was said of a list's rows, rows that stay out first, then by row."""
    return list(kept.findings.order_by("-stops", "row", "pk")[:limit])


def report(kept: PatientList) -> str:
    """Return what was found as a CSV file: row, what happened, why, what to do. No names."""
    rows = [
        [str(one.row), "Not brought in" if one.stops else "Check", one.words, one.remedy]
        for one in kept.findings.order_by("row", "pk")
    ]
    return write_sheet(["Row", "What", "Why", "What to do"], rows)
