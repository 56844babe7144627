"""Own phone: a consent that the patient reads and signs on a phone of their own, by a code.

A clinician shows it once the talk is over. The code works once and for a quarter of an hour, and
leads to this one consent and to nothing else. What is signed is recorded as every consent is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.consent.arriving import discussion, named_in, record_arrival
from safelight.consent.models import Consent, Showing
from safelight.consent.recording import ConsentDiffers, require_whole
from safelight.consent.rules.asking import ADVOCATE, NO, SIGNED, SPOKEN, YES, Discussion
from safelight.consent.uses import ANY_SPECIALIST, CARE, USES
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.lib.tokens import new_token, token_hash
from safelight.patients.models import Patient
from safelight.people.duties import Act, may, require_duty
from safelight.people.models import Person, Phone
from safelight.people.rules import CODE_LENGTH, new_code, plain_code, shown_code
from safelight.policy.countries import country_name
from safelight.policy.words import notice_for
from safelight.vault.sealing import peppered

LASTS: Final = timedelta(minutes=15)
READER: Final = "PT"
"""The role that the log writes for whoever reads by the code (security-design, section 8)."""
LIVE: Final = (Showing.State.WAITING, Showing.State.OPEN)
STAND_IN: Final = [[[0.0, 0.0]] * 10]
"""Holds the place of a signature while everything else is checked before it is shown."""


class NothingToRead(Refusal):
    """No such code, used, too old, answered or taken back: one sentence, so it teaches nothing."""

    code = "nothing_to_read"
    status = 404

    def __init__(self) -> None:
        """Say whom to ask."""
        super().__init__(
            "There is nothing to read here, or not any more.",
            remedy="A code works once, for 15 minutes. Ask for another one.",
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What the clinician's phone shows the patient, once."""

    row: Showing
    code: str = field(repr=False)

    @property
    def typed(self) -> str:
        """The code as a person types it."""
        return shown_code(self.code)

    @property
    def link(self) -> str:
        """The address that a camera reads. Its secret part stays in the reader's browser."""
        return f"{settings.SAFELIGHT_ORIGIN}/agree#{self.code}"


@dataclass(frozen=True, slots=True)
class Page:
    """What the patient reads: the practice's own words, and every answer as it was given."""

    state: str
    practice: str
    contact: str
    asker: str
    reader: str
    given: str
    for_other: bool
    about: str
    points: list[tuple[str, str]]
    yes: list[str]
    no: list[str]
    not_asked: list[str]
    told: list[str]


def show(
    patient: Patient,
    *,
    id: UUID,
    body: Mapping[str, Any],
    by: Person,
    at: datetime,
    phone: Phone | None = None,
) -> Shown:
    """Show a consent to the patient on their own phone; asked again before it is read: a new code.

    It is whole but for the signature, or it is refused here, where it can be mended. Whatever the
    same person showed before and nobody answered ends.
    """
    require_duty(by, Act.CONSENT_RECORD)
    unsigned = {**body, "signature": None, "agreed_at": at.isoformat()}
    talk = discussion(unsigned)
    if talk.method != SIGNED or talk.is_refusal:
        raise BadInput("Only what is to be signed is shown on a patient’s phone.")
    signed = discussion({**unsigned, "signature": STAND_IN})
    require_whole(patient, signed, notice=named_in(patient, body)["notice"], by=by, at=at)
    code = new_code()
    with transaction.atomic():
        _end(Showing.objects.filter(asked_by=by).exclude(pk=id), by=by.actor(), at=at)
        known = Showing.objects.select_for_update().filter(pk=id).first()
        is_same = known is None or (known.asked_by_id, known.patient_id) == (by.pk, patient.pk)
        if not is_same or Consent.objects.filter(pk=id).exists():
            raise ConsentDiffers
        if known is not None and known.state != Showing.State.WAITING:
            raise NothingToRead
        row, _ = Showing.objects.update_or_create(
            pk=id,
            defaults={
                "practice": patient.practice,
                "patient": patient,
                "body": unsigned,
                "asked_by": by,
                "phone": phone,
                "code_hash": peppered(code.encode()),
                "made_at": at,
                "ends_at": at + LASTS,
            },
        )
        _record("consent.shown", row, by=by.actor(), at=at)
    return Shown(row, code)


def shown_by(person: Person, id: UUID, *, at: datetime) -> Showing:
    """Return what one showed oneself, with its state now; somebody else's is as good as absent."""
    row = Showing.objects.select_related("patient").filter(pk=id, asked_by=person).first()
    if row is None:
        raise NotFound
    if row.state in LIVE and row.ends_at <= at:
        row.state = Showing.State.ENDED
    return row


@transaction.atomic
def take_back(person: Person, id: UUID, *, at: datetime) -> None:
    """Take back what one showed. What was answered meanwhile stays answered."""
    row = shown_by(person, id, at=at)
    _end(Showing.objects.filter(pk=row.pk), by=person.actor(), at=at)


def open_by_code(typed: str, *, at: datetime) -> str:
    """Use a code up and return the session of whoever reads. One conditional update decides."""
    plain, session = plain_code(typed), new_token()
    if len(plain) != CODE_LENGTH:
        raise NothingToRead
    with transaction.atomic():
        rows = Showing.objects.filter(code_hash=peppered(plain.encode()))
        waiting = rows.filter(
            state=Showing.State.WAITING,
            ends_at__gt=at,
            asked_by__is_active=True,
            asked_by__left_at=None,
            patient__merged_into=None,
        )
        opened = {"state": Showing.State.OPEN, "opened_at": at, "session_hash": token_hash(session)}
        if waiting.update(**opened) != 1:
            raise NothingToRead
        row = rows.get()
        _record("consent.read", row, by=Actor(id=row.pk, role=READER), at=at)
    return session


def page_for(session: str, *, at: datetime) -> Page:
    """Return what the reader of a session sees: the consent, or once answered that it was."""
    row = _of(session, at=at)
    patient = row.patient
    talk = discussion(row.body) if row.state in LIVE else None
    decided: Discussion | Consent = talk or Consent.objects.get(pk=row.pk)
    other = decided.decider == ADVOCATE
    return Page(
        state=row.state,
        practice=row.practice.name,
        contact=row.practice.contact,
        asker=row.asked_by.name,
        reader=decided.advocate_name if other else patient.given,
        given=patient.given,
        for_other=other,
        about=talk.condition if talk else "",
        points=[] if talk is None else _points(row, talk),
        yes=_said(talk, YES),
        no=_said(talk, NO),
        not_asked=_said(talk, "not_asked"),
        told=list(talk.told) if talk else [],
    )


def answer(session: str, *, agrees: bool, signature: Any, at: datetime) -> Consent:
    """Record what the reader answered: signed as it was read, or a no. It is answered once.

    The words are those that were shown, never the reader's: from them comes a drawing and no more.
    """
    row = _of(session, at=at)
    if row.state != Showing.State.OPEN:
        raise NothingToRead
    body = {**row.body, "agreed_at": at.isoformat(), "signature": signature if agrees else None}
    if not agrees:
        body |= _refusal(row.body)
    state = Showing.State.AGREED if agrees else Showing.State.DECLINED
    with transaction.atomic():
        live = Showing.objects.filter(pk=row.pk, state=Showing.State.OPEN, ends_at__gt=at)
        if live.update(state=state, ended_at=at, body={}) != 1:
            raise NothingToRead
        return record_arrival(
            row.patient, id=row.pk, body=body, by=row.asked_by, at=at, phone=row.phone
        )


def end_overdue(*, at: datetime) -> int:
    """Forget the words of what nobody answered in time; return how many."""
    with transaction.atomic():
        return _end(Showing.objects.filter(ends_at__lte=at), by=None, at=at)


def _refusal(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a no leaves of the answers: no other yes stands beside it."""
    kept = [use for use in body["uses"] if use["answer"] == NO and use["use"] != CARE]
    care = {"use": CARE, "answer": NO, "recipient": "", "abroad": []}
    return {"uses": [care, *kept], "method": SPOKEN, "witness_name": ""}


def _of(session: str, *, at: datetime) -> Showing:
    """Return what a session reads while it may; taken back, over or unknown all look alike."""
    rows = Showing.objects.select_related("practice", "patient", "asked_by", "phone")
    row = rows.filter(session_hash=token_hash(session)).first() if session else None
    if row is None or row.ends_at <= at or row.state == Showing.State.ENDED:
        raise NothingToRead
    if not may(row.asked_by, Act.CONSENT_RECORD) or row.patient.merged_into_id:
        raise NothingToRead
    return row


def _end(rows: QuerySet[Showing], *, by: Actor | None, at: datetime) -> int:
    """End what is still live and forget its words; by nobody when its time is over."""
    over = list(rows.filter(state__in=LIVE).select_for_update())
    ended = Showing.objects.filter(pk__in=[row.pk for row in over])
    ended.update(state=Showing.State.ENDED, ended_at=at, body={})
    for row in over:
        _record("consent.taken_off", row, by=by, at=at)
    return len(over)


def _points(row: Showing, talk: Discussion) -> list[tuple[str, str]]:
    points = notice_for(row.practice, row.body["notice"]).points
    return [(one["title"], one["words"]) for one in points if one["key"] in talk.points]


def _said(talk: Discussion | None, answer: str) -> list[str]:
    """Return the uses with this answer, as the patient reads them."""
    if talk is None:
        return []
    more = {row.use: row for row in talk.answers}
    found = []
    for use in USES.values():
        if talk.said(use.code) != answer:
            continue
        row = more.get(use.code)
        to = f" ({row.recipient})" if row and row.recipient not in ("", ANY_SPECIALIST) else ""
        places = ", ".join(country_name(code) for code in row.abroad) if row else ""
        found.append(use.patient + to + (f", also in {places}" if places else ""))
    return found


def _record(action: str, row: Showing, *, by: Actor | None, at: datetime) -> None:
    record(
        action,
        practice=row.practice_id,
        by=by,
        at=at,
        of=f"consent:{row.pk}",
        patient=row.patient_id,
    )
