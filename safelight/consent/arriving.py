"""Arriving: a consent as a phone sends it, at once or sealed from its queue."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final, TypedDict
from uuid import UUID

from safelight.consent.models import Consent
from safelight.consent.recording import LONGEST, record_consent
from safelight.consent.rules.asking import Answer, Discussion
from safelight.lib.refusals import BadInput, NotFound
from safelight.patients.models import Patient, Visit
from safelight.patients.visits import is_known, visit_of
from safelight.people.models import Person, Phone
from safelight.policy.countries import country_code
from safelight.policy.models import Notice
from safelight.policy.words import notice_for

TEXTS: Final = (*LONGEST, "site_code", "side")
COUNTRY: Final = re.compile(r"[A-Z]{2}")
MOST_TOLD: Final = 20
LONGEST_NAME: Final = 160


def record_arrival(
    patient: Patient,
    *,
    id: UUID,
    body: Mapping[str, Any],
    by: Person,
    at: datetime,
    phone: Phone | None = None,
    was_in_duty: bool = False,
) -> Consent:
    """Record a consent from a phone's words (phone API call 6). A repeat changes nothing.

    Every value is checked for its form first; the patient is the caller's to decide, never the
    body's.
    """
    return record_consent(
        patient,
        id=id,
        talk=discussion(body),
        agreed_at=_instant(body.get("agreed_at")),
        **named_in(patient, body),
        by=by,
        at=at,
        phone=phone,
        was_in_duty=was_in_duty,
    )


class Named(TypedDict):
    """The rows that a consent's words name by their ids."""

    notice: Notice
    visit: Visit | None
    supersedes: Consent | None


def named_in(patient: Patient, body: Mapping[str, Any]) -> Named:
    """Return what the words name; another patient's, or another practice's, is as good as absent.

    A visit that was taken back meanwhile is as if it had not been named: a yes or no outlives it.
    """
    return Named(
        notice=_notice(patient, body),
        visit=_visit(patient, body),
        supersedes=_superseded(patient, body),
    )


def discussion(body: Mapping[str, Any]) -> Discussion:
    """Read a discussion out of a JSON body; what does not have its form is refused, not mended."""
    if not isinstance(body, Mapping):
        raise BadInput("The consent is not in its form.")
    return Discussion(
        points=tuple(_text(point) for point in _list(body, "points", most=20)),
        method=_text(body.get("method")),
        answers=tuple(_answer(row) for row in _list(body, "uses", most=20)),
        decider=_text(body.get("decider", "patient")),
        scope=_text(body.get("scope", "condition")),
        signature=body.get("signature"),
        told=tuple(_text(who, LONGEST_NAME) for who in _list(body, "told", most=MOST_TOLD)),
        review_on=_day(body.get("review_on")),
        **{name: _text(body.get(name, "")) for name in TEXTS},
    )


def _answer(row: Any) -> Answer:
    if not isinstance(row, Mapping):
        raise BadInput("An answer is not in its form.")
    countries = tuple(country_code(_text(name)) for name in _list(row, "abroad", most=20))
    if not all(COUNTRY.fullmatch(country) and country != "AU" for country in countries):
        raise BadInput("A country outside Australia is one of those offered, or its two letters.")
    return Answer(
        use=_text(row.get("use")),
        answer=_text(row.get("answer")),
        recipient=_text(row.get("recipient", ""), LONGEST_NAME),
        abroad=countries,
    )


def _text(value: Any, most: int = 400) -> str:
    if not isinstance(value, str) or len(value) > most:
        raise BadInput("Part of the consent is not text, or is too long.")
    return value.strip()


def _list(body: Mapping[str, Any], name: str, *, most: int) -> list[Any]:
    value = body.get(name, [])
    if not isinstance(value, list) or len(value) > most:
        raise BadInput(f"The consent’s {name} are not a list, or too many.")
    return value


def _day(value: Any) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadInput("The review date is not a date.") from None


def _instant(value: Any) -> datetime:
    try:
        instant = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadInput("The consent’s time is not a time.") from None
    if instant.tzinfo is None:
        raise BadInput("The consent’s time has no zone.")
    return instant


def _notice(patient: Patient, body: Mapping[str, Any]) -> Notice:
    wanted = body.get("notice")
    if type(wanted) is not int:
        raise BadInput("The consent does not say which wording was used.")
    return notice_for(patient.practice, wanted)


def _visit(patient: Patient, body: Mapping[str, Any]) -> Visit | None:
    if not body.get("visit"):
        return None
    number = _id(body["visit"])
    return visit_of(patient, number) if is_known(number) else None


def _superseded(patient: Patient, body: Mapping[str, Any]) -> Consent | None:
    if not body.get("supersedes"):
        return None
    found = Consent.objects.filter(patient=patient, pk=_id(body["supersedes"])).first()
    if found is None:
        raise NotFound
    return found


def _id(value: Any) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise BadInput("An id in the consent is not an id.") from None
