"""Covering: which consent speaks on a use of a photo, whether it stands, and what it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from safelight.consent.rules.asking import NOT_ASKED, YES, Ages, Answer
from safelight.consent.uses import ANY_SPECIALIST, USES
from safelight.policy.dates import anniversary


@dataclass(frozen=True)
class Said:
    """One consent as the rules see it at an instant: its answers, scope and what ended them."""

    id: UUID
    agreed_at: datetime
    agreed_on: date
    review_on: date
    scope: str
    visit: UUID | None
    site_code: str
    side: str
    condition: str
    answers: Mapping[str, Answer]
    by_parent: bool = False  # an advocate, while the patient was under age
    superseded: bool = False
    withdrawn: frozenset[str] = field(default_factory=frozenset)
    told: tuple[str, ...] = ()


@dataclass(frozen=True)
class Subject:
    """What a question is about: the patient's birth date, and the photo's place and visit."""

    born: date
    day: date  # in the practice's zone
    at: datetime
    site_code: str = ""
    side: str = ""
    visit: UUID | None = None
    taken_on: date | None = None  # the photo's own day; None: the day of the question
    condition: str = ""
    consents: frozenset[UUID] = frozenset()  # a photo's own, and what replaced it

    @property
    def photo_day(self) -> date:
        """Return the day the photo belongs to."""
        return self.taken_on or self.day


def matches(said: Said, about: Subject, *, strictly: bool) -> bool:
    """Say whether a consent is about this photo at all.

    `strictly` is for letting a photo go: what cannot be compared does not match. Before the shutter
    the clinician is there, so a condition or a site not yet named does.
    """
    if said.superseded or said.agreed_at > about.at:
        return False
    if strictly and said.id in about.consents:
        return True
    match said.scope:
        case "visit":
            if said.visit and about.visit:
                return said.visit == about.visit
            return said.agreed_on == about.photo_day
        case "site":
            if not about.site_code:
                return not strictly
            return said.site_code == about.site_code and _same_side(said.side, about.side)
        case "condition":
            return not strictly or _same_words(said.condition, about.condition)
        case _:
            return True


def _same_side(agreed: str, asked: str) -> bool:
    return agreed in ("", "B") or agreed == asked


def _same_words(one: str, other: str) -> bool:
    return bool(one.strip()) and one.strip().casefold() == other.strip().casefold()


def governing(saids: Sequence[Said], about: Subject, use: str, *, strictly: bool) -> Said | None:
    """Return the consent that speaks on a use: the newest about this photo that answered it.

    The newest answer counts, yes or no, so an older yes never outlives a later no. Not asked is no
    answer; without any, None, which counts as no.
    """
    told = [
        said
        for said in saids
        if matches(said, about, strictly=strictly)
        and use in said.answers
        and said.answers[use].answer != NOT_ASKED
    ]
    return max(told, key=lambda said: (said.agreed_at, str(said.id)), default=None)


def standing(said: Said, about: Subject, use: str, ages: Ages) -> str:
    """Return "" if a yes still stands on the day, else the code of what ended it.

    Codes: said_no, withdrawn, review_passed, young_person_unasked, parent_lapsed.
    """
    if said.answers[use].answer != YES:
        return "said_no"
    if use in said.withdrawn:
        return "withdrawn"
    if about.day > said.review_on:
        return "review_passed"
    if said.by_parent and not USES[use].is_care:
        if about.day >= anniversary(about.born, ages.parent_lapse_at):
            return "parent_lapsed"
        asked_again = anniversary(about.born, ages.parent_review_at)
        if said.agreed_on < asked_again <= about.day:
            return "young_person_unasked"
    return ""


@dataclass(frozen=True)
class Journey:
    """Where a photo would go: for which use, to whom, where, and how it is made ready."""

    use: str
    recipient: str = ""
    recipient_kind: str = ""
    country: str = ""  # "" or "AU": inside Australia
    name_hidden: bool = False
    second_person: bool = False


def conditions_unmet(said: Said, journey: Journey) -> list[str]:
    """Return the codes of what a standing yes does not reach: who, where, hidden, second person.

    Codes: other_recipient, abroad, name_shown, second_person.
    """
    use, answer = USES[journey.use], said.answers[journey.use]
    wanted = []
    named = {journey.recipient.strip().casefold(), journey.recipient_kind.strip().casefold()}
    known = {answer.recipient.strip().casefold(), *(who.strip().casefold() for who in said.told)}
    names_one = answer.recipient.strip() not in ("", ANY_SPECIALIST)
    if use.leaves and names_one and not (named & known) - {""}:
        wanted.append("other_recipient")
    if journey.country not in ("", "AU") and journey.country not in answer.abroad:
        wanted.append("abroad")
    if use.name_hidden and not journey.name_hidden:
        wanted.append("name_shown")
    if use.second_person and not journey.second_person:
        wanted.append("second_person")
    return wanted


def verdict(
    saids: Sequence[Said], about: Subject, journey: Journey, ages: Ages
) -> tuple[Said | None, list[str]]:
    """Decide: may this photo go there for this use? The consent that speaks, and what is missing.

    Only an empty list lets it go. Everything missing is named at once, so nobody asks twice.
    """
    said = governing(saids, about, journey.use, strictly=True)
    if said is None:
        return None, ["not_asked"]
    ended = standing(said, about, journey.use, ages)
    return said, ([ended] if ended else []) + conditions_unmet(said, journey)
