"""The address book: clinicians whom photos go to, each address verified by a person, and again."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.people.duties import Act
from safelight.people.models import Person
from safelight.policy.models import Practice
from safelight.policy.settings import setting
from safelight.sharing.models import Clinician
from safelight.sharing.rules import ways
from safelight.sharing.rules.bases import HOME
from safelight.sharing.standing import require_acts

LONGEST = {"name": 120, "organisation": 120, "mobile": 30, "kind": 80}
HOW_LENGTH = 160


class NotVerified(Refusal):
    """An address in the book has not been verified for too long, so nothing goes there."""

    code = "not_verified"

    def __init__(self) -> None:
        """Say how to mend it."""
        super().__init__(
            "Not sent. This address has not been verified lately.",
            remedy="Ring them on a number from another source, then mark the address verified.",
        )


class NotInBook(Refusal):
    """Somebody was taken out of the address book, so nothing goes to them any more."""

    code = "not_in_book"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "Not sent. This person is not in the address book any more.",
            remedy="Choose somebody else, or type the address.",
        )


class NotTheSame(BadInput):
    """A new address was typed twice, and not the same (G34)."""

    code = "not_the_same"

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "The two addresses are not the same. Nothing was kept.",
            remedy="Type the address again, twice.",
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """What the book keeps of somebody."""

    name: str
    email: str
    organisation: str = ""
    mobile: str = ""
    kind: str = ""
    country: str = HOME
    ahpra: str = ""
    provider_number: str = ""


@transaction.atomic
def add_clinician(
    entry: Entry,
    *,
    email_again: str,
    how_verified: str,
    by: Person,
    at: datetime,
    stepped_up: bool = False,
) -> Clinician:
    """Add somebody. The address is typed twice, and somebody says how they verified it."""
    _require_book(by, at=at, stepped_up=stepped_up)
    checked = _checked(entry, email_again)
    clinician = Clinician.objects.create(
        practice=by.practice,
        **asdict(checked),
        added_at=at,
        added_by=by,
        verified_at=at,
        verified_by=by,
        verified_how=_how(how_verified),
    )
    _record("clinician.added", clinician, by=by, at=at)
    return clinician


@transaction.atomic
def change_clinician(
    clinician: Clinician,
    entry: Entry,
    *,
    email_again: str,
    how_verified: str,
    by: Person,
    at: datetime,
    stepped_up: bool = False,
) -> Clinician:
    """Change somebody's details; the address is verified anew. Shares made before keep theirs."""
    _require_book(by, at=at, stepped_up=stepped_up)
    checked = _checked(entry, email_again)
    changed = Clinician.objects.filter(
        pk=clinician.pk, practice=by.practice_id, ended_at=None
    ).update(**asdict(checked), verified_at=at, verified_by=by, verified_how=_how(how_verified))
    if not changed:
        raise NotFound
    clinician.refresh_from_db()
    _record("clinician.changed", clinician, by=by, at=at)
    return clinician


@transaction.atomic
def verify_clinician(
    clinician: Clinician, *, how: str, by: Person, at: datetime, stepped_up: bool = False
) -> Clinician:
    """Note that the address was verified again, by whom and how."""
    _require_book(by, at=at, stepped_up=stepped_up)
    changed = Clinician.objects.filter(
        pk=clinician.pk, practice=by.practice_id, ended_at=None
    ).update(verified_at=at, verified_by=by, verified_how=_how(how))
    if not changed:
        raise NotFound
    clinician.refresh_from_db()
    _record("clinician.verified", clinician, by=by, at=at)
    return clinician


@transaction.atomic
def end_clinician(
    clinician: Clinician, *, by: Person, at: datetime, stepped_up: bool = False
) -> Clinician:
    """Take somebody out of the book. What was sent to them stays in the records. Twice is once."""
    _require_book(by, at=at, stepped_up=stepped_up)
    rows = Clinician.objects.filter(pk=clinician.pk, practice=by.practice_id)
    if rows.filter(ended_at=None).update(ended_at=at, ended_by=by):
        _record("clinician.ended", clinician, by=by, at=at)
    elif not rows.exists():
        raise NotFound
    clinician.refresh_from_db()
    return clinician


def clinician_for(person: Person, clinician_id: UUID) -> Clinician:
    """Return somebody of the practice's own book; elsewhere and nowhere look alike."""
    rows = Clinician.objects.select_related("practice", "verified_by", "added_by")
    found = rows.filter(pk=clinician_id, practice=person.practice_id).first()
    if found is None:
        raise NotFound
    return found


def clinicians_of(practice: Practice, *, q: str = "", most: int = 50) -> list[Clinician]:
    """Return the book, by name; with `q`, those whose name, place or kind holds it."""
    rows = Clinician.objects.filter(practice=practice, ended_at=None).select_related("verified_by")
    words = q.strip()
    if words:
        rows = rows.filter(
            Q(name__icontains=words) | Q(organisation__icontains=words) | Q(kind__icontains=words)
        )
    return list(rows.order_by("name")[:most])


def is_due(clinician: Clinician, *, at: datetime) -> bool:
    """Say whether the address has to be verified again before anything goes there."""
    days = int(setting(clinician.practice, "reverify_days"))
    return clinician.verified_at <= at - timedelta(days=days)


def known_now(clinician: Clinician, *, at: datetime) -> None:
    """Refuse somebody who was taken out of the book, or whose address is due to be verified."""
    clinician.refresh_from_db(fields=["ended_at", "verified_at"])
    if clinician.ended_at is not None:
        raise NotInBook
    if is_due(clinician, at=at):
        raise NotVerified


def recipient_of(
    practice: Practice,
    clinician: Clinician | None,
    *,
    name: str,
    kind: str,
    address: str,
    address_again: str,
    country: str,
) -> dict[str, Any]:
    """Return a release's columns for its recipient: from the book, or typed, the address twice."""
    if clinician is not None:
        if clinician.practice_id != practice.pk:
            raise NotFound
        return {
            "recipient_name": clinician.name,
            "recipient_kind": clinician.kind,
            "recipient_address": clinician.email,
            "recipient_country": clinician.country,
        }
    typed = Entry(name=name, email=address, kind=kind, country=country)
    checked = _checked(typed, address_again, needs_address=bool(address or address_again))
    return {
        "recipient_name": checked.name,
        "recipient_kind": checked.kind,
        "recipient_address": checked.email,
        "recipient_country": checked.country,
    }


def _require_book(by: Person, *, at: datetime, stepped_up: bool) -> None:
    require_acts(
        by, [Act.SHARE_NEW], patients=[], at=at, stepped_up=stepped_up, way_back="/clinicians"
    )


def _checked(entry: Entry, email_again: str, *, needs_address: bool = True) -> Entry:
    """Return an entry in the one form that is kept; anything that does not fit is refused."""
    told = {key: " ".join(str(value).split()) for key, value in asdict(entry).items()}
    told["country"] = told["country"].upper() or "AU"
    told["ahpra"] = told["ahpra"].replace(" ", "").upper()
    told["provider_number"] = told["provider_number"].replace(" ", "").upper()
    for field, most in LONGEST.items():
        if len(told[field]) > most:
            raise BadInput(f"The {field} is longer than {most} characters.")
    if not told["name"]:
        raise BadInput("Say who gets them.")
    if not ways.looks_like_country(told["country"]):
        raise BadInput("Choose a country.")
    if told["ahpra"] and not ways.looks_like_ahpra(told["ahpra"]):
        raise BadInput("A registration number is three letters and ten digits.")
    if told["provider_number"] and not ways.looks_like_provider(told["provider_number"]):
        raise BadInput("A provider number is six digits, a letter or digit, and a letter.")
    if needs_address:
        told["email"] = checked_address(entry.email, email_again)
    return Entry(**told)


def checked_address(address: str, again: str) -> str:
    """Return an address that was typed twice the same and can be one, in the form that is kept."""
    if ways.tidy_address(address) != ways.tidy_address(again):
        raise NotTheSame
    if not ways.looks_like_address(ways.tidy_address(address)):
        raise BadInput("That does not look like an e-mail address.")
    return ways.tidy_address(address)


def _how(how: str) -> str:
    how = " ".join(how.split())
    if not 0 < len(how) <= HOW_LENGTH:
        raise BadInput("Say how you verified the address, in a few words.")
    return how


def _record(action: str, clinician: Clinician, *, by: Person, at: datetime) -> None:
    record(
        action,
        practice=clinician.practice_id,
        by=by,
        at=at,
        of=f"clinician:{clinician.pk}",
        detail=f"{clinician.name}, {clinician.email}",
    )
