"""Asking: who decides at which age, and what a discussion needs before it may be kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal

from safelight.consent.uses import CARE, USES
from safelight.policy.dates import age_on, months_on

YES, NO, NOT_ASKED = "yes", "no", "not_asked"
PATIENT, ADVOCATE = "patient", "advocate"
SIGNED, SPOKEN, PAPER, EMERGENCY = "signed", "spoken", "paper", "emergency"
VISIT, CONDITION, SITE = "visit", "condition", "site"
LEAST_REASON: Final = 5  # characters: more than a full stop, less than a form
MOST_STROKES: Final = 200
MOST_POINTS: Final = 6000
LEAST_POINTS: Final = 5

Who = Literal["guardian", "mature", "adult"]


@dataclass(frozen=True)
class Ages:
    """The practice's ages and review period, as its settings and its state's law have them."""

    guardian_under: int
    adult_from: int
    parent_review_at: int
    parent_lapse_at: int
    review_months: int

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> "Ages":
        """Take the five that consent needs out of the practice's settings."""
        return cls(**{name: settings[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class Answer:
    """One use and what was said to it."""

    use: str
    answer: str
    recipient: str = ""
    abroad: tuple[str, ...] = ()


@dataclass(frozen=True)
class Discussion:
    """Everything that was said and agreed, as it came from a phone or the desk."""

    points: tuple[str, ...]
    method: str
    answers: tuple[Answer, ...]
    decider: str = PATIENT
    advocate_name: str = ""
    advocate_relationship: str = ""
    advocate_authority: str = ""
    advocate_evidence: str = ""
    maturity_note: str = ""
    interpreter: str = ""
    language: str = ""
    signature: Any = None
    witness_name: str = ""
    scope: str = CONDITION
    condition: str = ""
    site_code: str = ""
    side: str = ""
    told: tuple[str, ...] = ()
    review_on: date | None = None
    emergency_reason: str = ""

    def said(self, use: str) -> str:
        """Return the answer to a use; a use that is not here was not asked about."""
        return next((row.answer for row in self.answers if row.use == use), NOT_ASKED)

    @property
    def is_emergency(self) -> bool:
        """Whether nobody could be asked first."""
        return self.method == EMERGENCY

    @property
    def is_refusal(self) -> bool:
        """Whether care was answered with no: no photo is taken, and care goes on."""
        return self.said(CARE) == NO


def who_decides(born: date, day: date, ages: Ages) -> Who:
    """Say who decides at an age: a guardian, a young person mature enough, or the adult.

    Law-au section 5; the ages themselves are the practice's, by state.
    """
    age = age_on(born, day)
    if age < ages.guardian_under:
        return "guardian"
    return "mature" if age < ages.adult_from else "adult"


def missing(
    talk: Discussion, *, born: date, day: date, ages: Ages, points: Sequence[str]
) -> list[str]:
    """Return, in words, everything a discussion still needs before it may be kept; empty: whole.

    A refusal needs almost nothing: a no is never made hard to record. `points` are the keys of the
    notice's six points.
    """
    if talk.is_emergency:
        return _missing_in_emergency(talk)
    if talk.is_refusal:
        return _missing_in_refusal(talk)
    wanted = [] if talk.said(CARE) == YES else ["An answer about photos for care here."]
    unsaid = [key for key in points if key not in talk.points]
    if unsaid:
        wanted.append(f"{len(unsaid)} of the {len(points)} things to say.")
    wanted += _missing_decider(talk, who_decides(born, day, ages))
    wanted += _missing_evidence(talk)
    wanted += _missing_scope(talk)
    return wanted


def _missing_in_emergency(talk: Discussion) -> list[str]:
    wanted = []
    if talk.said(CARE) != YES or any(talk.said(u) == YES for u in USES if u != CARE):
        wanted.append("An emergency covers care here and nothing else.")
    if len(talk.emergency_reason.strip()) < LEAST_REASON:
        wanted.append("Why nobody could be asked first.")
    if talk.scope != VISIT:
        wanted.append("An emergency covers this visit only.")
    return wanted


def _missing_in_refusal(talk: Discussion) -> list[str]:
    if any(row.answer == YES for row in talk.answers):
        return ["With no photos for care there is no photo to use, so no other use can be a yes."]
    return []


def _missing_decider(talk: Discussion, who: Who) -> list[str]:
    if talk.decider == ADVOCATE:
        wanted = {
            "The name of the person who decides.": talk.advocate_name,
            "How they are related to the patient.": talk.advocate_relationship,
            "What lets them decide, such as parental responsibility.": talk.advocate_authority,
        }
        return [words for words, value in wanted.items() if not value.strip()]
    if who == "guardian":
        return ["A parent or guardian: at this age they decide."]
    if who == "mature" and len(talk.maturity_note.strip()) < LEAST_REASON:
        return ["A line on why this young person can decide, or a parent or guardian."]
    return []


def _missing_evidence(talk: Discussion) -> list[str]:
    if talk.method == SIGNED and not is_signature(talk.signature):
        return ["The signature."]
    if talk.method == SPOKEN and not talk.witness_name.strip():
        return ["The name of a witness, someone other than the person who asks."]
    return []


def _missing_scope(talk: Discussion) -> list[str]:
    return ["The body site it is about."] if talk.scope == SITE and not talk.site_code else []


def are_strokes(strokes: Any) -> bool:
    """Say whether a drawing is lists of points, each a fraction of the box, and not absurdly many.

    An empty drawing is one too; it is just no signature.
    """
    if not isinstance(strokes, list) or len(strokes) > MOST_STROKES:
        return False
    if not all(isinstance(stroke, list) for stroke in strokes):
        return False
    points = [point for stroke in strokes for point in stroke]
    return len(points) <= MOST_POINTS and all(map(_is_point, points))


def is_signature(strokes: Any) -> bool:
    """Say whether a drawing is long enough to be a signature and not a slip of the finger."""
    return are_strokes(strokes) and sum(map(len, strokes)) >= LEAST_POINTS


def _is_point(point: Any) -> bool:
    return (
        isinstance(point, list)
        and len(point) == 2
        and all(type(part) in (int, float) and 0 <= part <= 1 for part in point)
    )


def review_day(talk: Discussion, *, day: date, ages: Ages) -> date | None:
    """Return when a consent must be asked again: as said, never later than the practice's limit.

    None means the day given is not possible.
    """
    latest = months_on(day, ages.review_months)
    if talk.review_on is None:
        return latest
    return talk.review_on if day < talk.review_on <= latest else None
