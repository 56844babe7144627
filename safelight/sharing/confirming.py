"""Confirming: the decision. The card says who, whose, how many and what for."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from django.db import transaction

from safelight.lib.refusals import Refusal
from safelight.people.duties import Act, needs_step_up, require_duty
from safelight.people.models import Person
from safelight.policy.settings import setting
from safelight.sharing.asking import SECOND, items_of, may_leave, use_words
from safelight.sharing.models import Link, Release, ReleasedPhoto
from safelight.sharing.readiness import missing
from safelight.sharing.refusals import MovedOn, NotReady
from safelight.sharing.rules import checklist, ways
from safelight.sharing.rules.ends import UNDONE
from safelight.sharing.sealed import shut
from safelight.sharing.standing import (
    back_to,
    note,
    require_acts,
    require_may_leave_by,
    require_practice,
    require_share_sight,
)
from safelight.vault.sealing import peppered

HASHER = PasswordHasher(time_cost=3, memory_cost=65_536, parallelism=1)
"""Argon2id, 64 MiB, 3 passes: a quarter of a second, which five tries can bear (performance, 5)."""


class ChangedMeanwhile(Refusal):
    """What was looked at is not what would leave."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        """Say to look again."""
        super().__init__(
            "Not sent. The copies are not the ones that were looked at.",
            remedy="Look at each finished copy again.",
        )


@dataclass(frozen=True, slots=True)
class Card:
    """What the confirm card says (G34): to whom, whose photos, how many, what for, until when."""

    recipient: str
    address: str
    patient: str
    count: int
    use: str
    form: str
    known_recipient: bool
    second_person: bool
    step_up: bool
    days: int
    open_limit: int


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A release that was decided, and its PIN in clear: shown once, kept as a hash only."""

    release: Release
    pin: str = field(default="", repr=False)


def card(release: Release, *, by: Person) -> Card:
    """Return what the card says."""
    acts = acts_of(release)
    return Card(
        recipient=release.recipient_name,
        address=release.recipient_address,
        patient=release.patient.name if release.patient else "",
        count=release.items.count(),
        use=use_words(release.use),
        form=Release.Form(release.form).label,
        known_recipient=release.clinician_id is not None,
        second_person=checklist.needs_second(release.use, release.form),
        step_up=any(needs_step_up(by, act) for act in acts),
        days=release.days,
        open_limit=release.open_limit,
    )


def acts_of(release: Release) -> tuple[Act, ...]:
    """Return what its sender must be allowed: many photos count as a new address does."""
    few = release.items.count() <= ways.MANY
    known = release.clinician_id is not None and few
    return ways.acts_needed(release.use, release.form, known=known)


def require_still_theirs(release: Release, *, by: Person, at: datetime) -> None:
    """Refuse a link or PIN of a share to whoever could not send it now: duties and walls change."""
    require_share_sight(by, release, at=at)
    for act in acts_of(release):
        require_duty(by, act)


@transaction.atomic
def confirm(
    release: Release,
    *,
    seen: Mapping[str, str],
    by: Person,
    at: datetime,
    stepped_up: bool = False,
) -> Confirmed:
    """Decide that these photos leave. A message then waits a minute, in which it can be undone.

    Everything is asked again: duties, sight, consent, list, recipient. `seen` are the fingerprints
    that the page showed; only those bytes can leave. Where a second person checks, they come first.
    """
    release = locked(release, by)
    if release.state != Release.State.DRAFT or release.made_by_id != by.pk:
        raise MovedOn(release)
    items = items_of(release)
    require_acts(
        by,
        acts_of(release),
        patients=[item.patient for item in items],
        at=at,
        stepped_up=stepped_up,
        way_back=back_to(release),
    )
    for item in items:
        require_may_leave_by(by, item.photo, at=at, stepped_up=stepped_up)
    unmet = missing(release, at=at)
    if unmet:
        raise NotReady(unmet)
    require_seen(items, seen)
    for item in items:
        leave = may_leave(release, item.photo, at=at, still_open=SECOND)
        ReleasedPhoto.objects.filter(pk=item.pk).update(consent=leave.consent_id, basis=leave.words)
    second = checklist.needs_second(release.use, release.form)
    _decide(release, second=second, at=at)
    pin = _put_link(release) if release.form in ways.LINKS else ""
    note("share.confirmed", release, by=by, at=at, detail=_to(release))
    return Confirmed(release, pin)


@transaction.atomic
def undo(release: Release, *, by: Person, at: datetime) -> Release:
    """Undo the sending while nothing has left. Undoing twice changes nothing.

    One conditional update decides between this and the worker: exactly one of them wins.
    """
    require_practice(release, by)
    waiting = (Release.State.GOING, Release.State.WAITING_SECOND)
    gone = Release.objects.filter(pk=release.pk, state__in=waiting, made_by=by).update(
        state=Release.State.UNDONE, ended_at=at, ended_by=by, end_why=UNDONE
    )
    release.refresh_from_db()
    if not gone:
        if release.state == Release.State.UNDONE:
            return release
        raise MovedOn(release)
    Link.objects.filter(release=release).delete()
    shut(release)
    note("share.undone", release, by=by, at=at, detail=_to(release))
    return release


def locked(release: Release, by: Person) -> Release:
    """Return the release's row, locked until the transaction ends."""
    require_practice(release, by)
    rows = Release.objects.select_for_update(of=("self",)).select_related(
        "patient", "practice", "made_by", "clinician__practice"
    )
    return rows.get(pk=release.pk)


def require_seen(items: list[ReleasedPhoto], seen: Mapping[str, str]) -> None:
    """Refuse unless the page showed exactly the bytes that the rows say would leave."""
    if {str(item.pk): item.sha256 for item in items} != dict(seen):
        raise ChangedMeanwhile


def goes_at(release: Release, at: datetime) -> datetime:
    """Return when it goes: what is sent waits to be undone; what is handed on by hand does not."""
    if release.form in ways.LINKS and release.channel == Release.Channel.EMAIL:
        return at + timedelta(seconds=int(setting(release.practice, "undo_seconds")))
    return at


def new_pin() -> str:
    """Return a fresh PIN from the system's randomness."""
    return f"{secrets.randbelow(10**ways.PIN_DIGITS):0{ways.PIN_DIGITS}d}"


def hashed_pin(pin: str) -> str:
    """Return what is kept of a PIN: Argon2id over its peppered form (security-design, 3).

    Six digits can be tried by whoever has the database; without the keyring's pepper they cannot.
    """
    return HASHER.hash(_peppered(pin))


def is_pin(pin_hash: str, pin: str) -> bool:
    """Say whether this is the PIN."""
    try:
        return HASHER.verify(pin_hash, _peppered(pin))
    except (Argon2Error, InvalidHashError):
        return False


def _peppered(pin: str) -> str:
    digits = "".join(sign for sign in pin if sign.isascii() and sign.isdigit())
    return peppered(b"share-pin|" + digits.encode()).hex()


def _decide(release: Release, *, second: bool, at: datetime) -> None:
    release.state = Release.State.WAITING_SECOND if second else Release.State.GOING
    release.confirmed_at = at
    release.goes_at = None if second else goes_at(release, at)
    release.save(update_fields=["state", "confirmed_at", "goes_at"])


def _put_link(release: Release) -> str:
    """Write the link's row, without a token yet, and return its PIN."""
    pin = new_pin() if release.needs_pin else ""
    Link.objects.create(
        release=release,
        pin_hash=hashed_pin(pin) if pin else "",
        open_limit=release.open_limit,
        terms=setting(release.practice, "share_terms"),
    )
    return pin


def _to(release: Release) -> str:
    return f"{release.recipient_name}, {release.recipient_address}, {release.basis}"
