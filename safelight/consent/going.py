"""Going: may this photo go there for this use? One function, one answer, all that is missing."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol
from uuid import UUID

from safelight.consent.models import Consent
from safelight.consent.reading import ages_of, deciding, said_at
from safelight.consent.rules.asking import Ages
from safelight.consent.rules.covering import Journey, Said, Subject, verdict
from safelight.consent.uses import USES
from safelight.lib.refusals import BadInput, Refusal
from safelight.patients.models import Patient
from safelight.people.models import Person
from safelight.policy.dates import day_words, local_day


class Going(Protocol):
    """What is asked of a photo: whose it is, of which place, when, and under which consent."""

    site_code: str
    side: str
    diagnosis: str
    taken_at: datetime

    @property
    def patient(self) -> Patient | None:
        """Whose photo it is; None while it is unmatched."""
        ...

    @property
    def visit_id(self) -> UUID | None:
        """The visit it belongs to."""
        ...

    @property
    def consent_id(self) -> UUID | None:
        """The consent it was taken under."""
        ...


@dataclass(frozen=True)
class Basis:
    """Why a photo may go: words for the ledger, and the consent and use behind them."""

    words: str
    consent_id: UUID
    use: str
    name_hidden: bool
    second_person: bool


@dataclass(frozen=True)
class Missing:
    """One thing that stands in the way, and what would be needed."""

    code: str
    words: str
    needed: str


class MayNotGo(Refusal):
    """A photo may not go there for this use. `missing` lists everything that would be needed."""

    code = "may_not_go"

    def __init__(self, missing: list[Missing], *, consent_id: UUID | None = None) -> None:
        """Say the first thing that is missing, and every way on."""
        super().__init__(
            "Not shared. " + " ".join(item.words for item in missing),
            remedy=" ".join(item.needed for item in missing),
        )
        self.missing = missing
        self.consent_id = consent_id


WORDS: Final[dict[str, tuple[str, str]]] = {
    "not_matched": (
        "The photo has no patient yet, so nobody can have agreed.",
        "Match it to its patient first.",
    ),
    "not_asked": (
        "The patient was not asked about {no}, and not asked counts as no.",
        "Ask the patient and record the answer.",
    ),
    "said_no": ("The patient said no to {no}.", "Only a new yes from the patient changes that."),
    "withdrawn": (
        "The yes to {no} was taken back.",
        "Only a new yes from the patient changes that.",
    ),
    "review_passed": (
        "The yes to {no} stood until {review_on}.",
        "Ask again and record the answer.",
    ),
    "young_person_unasked": (
        "A parent said yes to {no}, and the patient is now old enough to be asked.",
        "Ask the patient themselves and record the answer.",
    ),
    "parent_lapsed": (
        "A parent’s yes to {no} ended when the patient came of age.",
        "Ask the patient themselves and record the answer.",
    ),
    "other_recipient": (
        "The yes to {no} names another recipient.",
        "Ask for a yes that names this recipient.",
    ),
    "abroad": (
        "Sending overseas needs the patient’s yes to that country.",
        "Ask about that country and record the answer, or choose a recipient in Australia.",
    ),
    "name_shown": (
        "The yes to {no} is for a copy with the name hidden.",
        "Cover what identifies the patient and leave the name out.",
    ),
    "second_person": (
        "{Use} needs a second person’s check.",
        "Ask a colleague to check this copy.",
    ),
}


@dataclass(frozen=True)
class Answers:
    """What a patient said, as it stands at one instant: read once, asked for each of their photos.

    It is for pages that list. Whoever lets a photo go reads anew, as a yes may be taken back.
    """

    patient: Patient
    at: datetime
    ages: Ages
    rows: list[Consent]
    said: list[Said]


def answers_of(patient: Patient, *, at: datetime) -> Answers:
    """Read what a patient said, to ask `may_go` of many photos."""
    ages, rows = ages_of(patient.practice), deciding(patient)
    return Answers(patient, at, ages, rows, [said_at(row, at, ages) for row in rows])


def may_go(
    photo: Going,
    *,
    use: str,
    at: datetime,
    recipient: str = "",
    recipient_kind: str = "",
    abroad: str = "",
    name_hidden: bool = False,
    by: Person | None = None,
    checked_by: Person | None = None,
    answers: Answers | None = None,
) -> Basis:
    """Answer "may this photo go there for this use?": the basis, or a refusal with all it lacks.

    The newest answer about this photo's consent, visit, condition or site speaks; not asked is no.
    `abroad` is a country's two letters. The second person counts only if they are another one than
    `by`, and of the same practice. Nothing is written. `answers`, if they are this patient's at
    this instant, are not read again.
    """
    if use not in USES:
        raise BadInput("That use is not known.")
    patient = photo.patient
    if patient is None:
        raise MayNotGo([missing_words("not_matched", use)])
    if answers is None or (answers.patient.pk, answers.at) != (patient.pk, at):
        answers = answers_of(patient, at=at)
    said, wanted = verdict(
        answers.said,
        _subject(photo, answers),
        Journey(
            use=use,
            recipient=recipient,
            recipient_kind=recipient_kind,
            country=abroad.strip().upper(),
            name_hidden=name_hidden,
            second_person=_is_second(checked_by, by, patient),
        ),
        answers.ages,
    )
    if said is None or wanted:
        until = said.review_on if said else None
        raise MayNotGo(
            [missing_words(code, use, review_on=until) for code in wanted],
            consent_id=said.id if said else None,
        )
    return Basis(
        words=f"Consent of {day_words(said.agreed_on)}: {USES[use].title}",
        consent_id=said.id,
        use=use,
        name_hidden=USES[use].name_hidden,
        second_person=USES[use].second_person,
    )


def _subject(photo: Going, answers: Answers) -> Subject:
    """Return what the rules need to know of a photo; its own consent brings what replaced it."""
    zone = answers.patient.practice.zone
    own = next((row for row in answers.rows if row.pk == photo.consent_id), None)
    return Subject(
        born=answers.patient.born,
        day=local_day(answers.at, zone),
        at=answers.at,
        site_code=photo.site_code,
        side=photo.side,
        visit=photo.visit_id,
        taken_on=local_day(photo.taken_at, zone),
        condition=(own.condition if own else "") or photo.diagnosis,
        consents=_chain(own, answers.rows),
    )


def missing_words(code: str, use: str, *, review_on: date | None = None) -> Missing:
    """Return one missing thing in words. It never holds a name."""
    words, needed = WORDS[code]
    until = day_words(review_on) if review_on else ""
    filled = words.format(no=USES[use].said_no, Use=USES[use].title, review_on=until)
    return Missing(code, filled, needed)


def _chain(own: Consent | None, rows: list[Consent]) -> frozenset[UUID]:
    """Return a consent and every one that replaced it, step by step."""
    chain = {own.pk} if own else set()
    grown = True
    while grown:
        after = {row.pk for row in rows if row.supersedes_id in chain} | chain
        grown, chain = after != chain, after
    return frozenset(chain)


def _is_second(checked_by: Person | None, by: Person | None, patient: Patient) -> bool:
    return (
        checked_by is not None
        and by is not None
        and checked_by.pk != by.pk
        and checked_by.practice_id == patient.practice_id
        and checked_by.is_active
    )
