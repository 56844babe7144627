"""Opening: a recipient opens a link. Asking opens nothing; only the button counts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from safelight.audit.actor import Actor
from safelight.audit.log import record
from safelight.lib.refusals import BadInput, Refusal
from safelight.lib.tokens import new_token, token_hash
from safelight.photos.clock import require_sound_clock
from safelight.policy.dates import day_words
from safelight.sharing.asking import is_over, items_of
from safelight.sharing.confirming import is_pin
from safelight.sharing.ending import end
from safelight.sharing.models import Link, Opening, Release, ReleasedPhoto, Reply
from safelight.sharing.renewing import renew_link as renew_link
from safelight.sharing.renewing import renew_pin as renew_pin
from safelight.sharing.rules import ends, ways
from safelight.sharing.rules.bases import CONSENT, bases
from safelight.sharing.standing import note

READER: Final = "SP"
"""The role that the log writes for whoever opens a link (security-design, section 8)."""


class LinkClosed(Refusal):
    """There is no such link, or it is over: the same sentence for both, so it teaches nothing."""

    code = "link_closed"
    status = 404

    def __init__(self) -> None:
        """Say whom to ask."""
        super().__init__(
            "This link opens nothing, or not any more.",
            remedy="Ask the practice that sent it to send another.",
        )


class WrongPin(Refusal):
    """The PIN is not the one that the sender was given."""

    code = "wrong_pin"
    status = 403

    def __init__(self, left: int) -> None:
        """Say how many tries are left before the link closes for good."""
        tries = "1 try is" if left == 1 else f"{left} tries are"
        super().__init__(
            "That is not the PIN.",
            remedy=f"{tries} left, then the link closes. Ask the practice for the PIN."
            if left
            else "That was the last try, so the link is closed. Ask the practice for another.",
        )


class TermsFirst(BadInput):
    """The terms were not accepted, so nothing was opened or counted."""

    code = "terms_first"

    def __init__(self) -> None:
        """Say so."""
        super().__init__("Accept the terms first. Nothing was opened.")


@dataclass(frozen=True, slots=True)
class Knock:
    """What may be said of a link before it is opened: nothing of the patient, or of the photos."""

    practice_name: str
    practice_contact: str
    needs_pin: bool
    terms: str
    ends_at: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class SharedPhoto:
    """One photo as the recipient's page shows it."""

    id: UUID
    n: int
    of: int
    words: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Share:
    """What the recipient's page shows, once opened."""

    practice_name: str
    practice_contact: str
    zone: str
    sender_name: str
    recipient_name: str
    patient_words: str
    question: str
    basis_words: str
    ends_at: datetime
    session_ends_at: datetime
    view_only: bool
    own_copy: bool
    opens_left: int
    photos: list[SharedPhoto]
    replies: list[Reply]


@dataclass(frozen=True, slots=True)
class Opened:
    """An opening: its session, for a cookie that no script can read, and what there is to see."""

    session: str = field(repr=False)
    share: Share


def knock(token: str, *, at: datetime) -> Knock:
    """Say whether a link is open and what it asks for. It opens nothing and counts nothing."""
    link = _live_link(token, at=at)
    release = link.release
    return Knock(
        release.practice.name,
        release.practice.contact,
        bool(link.pin_hash),
        link.terms,
        release.ends_at or at,
        release.practice.zone,
    )


def open_link(token: str, *, accepts_terms: bool, at: datetime, pin: str = "") -> Opened:
    """Open a link: PIN, terms, then one conditional update that counts; each open is in the log.

    A wrong PIN stays counted although it is refused, so this is in no transaction of the caller's.
    Sixty-four who race for the last opening get exactly one.
    """
    link = _live_link(token, at=at)
    if not accepts_terms:
        raise TermsFirst
    if link.pin_hash:
        _require_pin(link, pin, at=at)
    session = new_token()
    with transaction.atomic(durable=True):
        _count(link, at=at)
        link.refresh_from_db()
        opening = Opening.objects.create(
            link=link,
            session_hash=token_hash(session),
            number=link.opens,
            at=at,
            ends_at=min(at + ways.SESSION, link.release.ends_at or at),
        )
        record_reading("share.opened", opening, at=at, detail=f"Opening {link.opens}")
    return Opened(session, _share(opening))


def share_for(session: str, *, at: datetime) -> Share:
    """Return what a session's page shows; refused like no session once anything ended it."""
    return _share(live_opening(session, at=at))


def live_opening(session: str, *, at: datetime) -> Opening:
    """Return the opening of a session that may still see its release, or refuse.

    Asked anew on every request: end, recall, withdrawal, expiry and a sender who left act at once.
    """
    rows = Opening.objects.select_related("link__release__practice", "link__release__made_by")
    rows = rows.select_related("link__release__patient")
    require_sound_clock(at)
    opening = rows.filter(session_hash=token_hash(session)).first() if session else None
    if opening is None or opening.ends_at <= at or not is_open(opening.link, at=at):
        raise LinkClosed
    return opening


def is_open(link: Link, *, at: datetime) -> bool:
    """Say whether a link's release may be looked at now. How often it opens is counted apart."""
    release = link.release
    return (
        link.closed_at is None
        and release.state == Release.State.OUT
        and release.ends_at is not None
        and release.ends_at > at
        and release.made_by.is_active
        and release.made_by.left_at is None
    )


def record_reading(
    action: str,
    opening: Opening,
    *,
    at: datetime,
    item: ReleasedPhoto | None = None,
    detail: str = "",
) -> None:
    """Write what a recipient did: by the link, which stands for them, and never by a name."""
    release = opening.link.release
    record(
        action,
        practice=release.practice_id,
        by=Actor(id=release.pk, role=READER),
        at=at,
        of=f"photo:{item.photo_id}" if item else f"release:{release.pk}",
        patient=item.patient_id if item else release.patient_id,
        purpose=release.use,
        detail=detail or f"Release {release.pk}",
    )


def _live_link(token: str, *, at: datetime) -> Link:
    """Return a token's link if it may be opened now.

    The question holds every condition, so a closed link brings no row, as an unknown one does: both
    take the same time. What the patient said is asked anew, as each opening shows the photos again.
    """
    require_sound_clock(at)
    rows = Link.objects.select_related("release__practice", "release__made_by", "release__patient")
    link = rows.filter(
        token_hash=token_hash(token),
        closed_at=None,
        opens__lt=F("open_limit"),
        release__state=Release.State.OUT,
        release__ends_at__gt=at,
        release__made_by__is_active=True,
        release__made_by__left_at=None,
    ).first()
    if link is None or not is_open(link, at=at) or is_over(link.release, at=at):
        raise LinkClosed
    return link


def _require_pin(link: Link, pin: str, *, at: datetime) -> None:
    """Take one of the five tries by one conditional update, then compare; give a right one back.

    The try is taken first, so that many at once get five comparisons and no more.
    """
    tries = Link.objects.filter(pk=link.pk, closed_at=None, pin_tries__lt=ways.PIN_TRIES)
    if not tries.update(pin_tries=F("pin_tries") + 1):
        raise LinkClosed
    if is_pin(link.pin_hash, pin):
        Link.objects.filter(pk=link.pk, pin_tries__gt=0).update(pin_tries=F("pin_tries") - 1)
        return
    with transaction.atomic():
        link.refresh_from_db()
        release = link.release
        reader = Actor(id=release.pk, role=READER)
        note("share.pin_wrong", release, by=reader, at=at, outcome="refused")
        if link.pin_tries >= ways.PIN_TRIES:
            end(release, state=Release.State.ENDED, why=ends.PIN, by=None, at=at)
    raise WrongPin(max(0, ways.PIN_TRIES - link.pin_tries))


def _count(link: Link, *, at: datetime) -> None:
    """Take one opening, or refuse: one conditional update over the link's own row."""
    taken = Link.objects.filter(
        pk=link.pk, closed_at=None, token_hash=link.token_hash, opens__lt=F("open_limit")
    ).update(
        opens=F("opens") + 1,
        first_opened_at=Coalesce("first_opened_at", at),
        last_opened_at=at,
        terms_accepted_at=Coalesce("terms_accepted_at", at),
    )
    if taken != 1:
        raise LinkClosed


def _share(opening: Opening) -> Share:
    link, release = opening.link, opening.link.release
    items = items_of(release)
    patient = release.patient
    shown = patient is not None and not release.name_hidden
    return Share(
        practice_name=release.practice.name,
        practice_contact=release.practice.contact,
        zone=release.practice.zone,
        sender_name=release.made_by.name,
        recipient_name=release.recipient_name,
        patient_words=f"{patient.name}, born {day_words(patient.born)}"
        if patient and shown
        else "",
        question=release.question,
        basis_words=basis_line(release),
        ends_at=release.ends_at or opening.ends_at,
        session_ends_at=opening.ends_at,
        view_only=release.view_only,
        own_copy=release.form == Release.Form.PATIENT_COPY,
        opens_left=link.open_limit - link.opens,
        photos=[
            SharedPhoto(item.pk, n, len(items), item.words, item.width, item.height)
            for n, item in enumerate(items, start=1)
        ],
        replies=list(release.replies.all()),
    )


def basis_line(release: Release) -> str:
    """Return the basis as a recipient reads it."""
    if release.basis == CONSENT:
        return "The patient agreed to this use. Please use them for nothing else."
    return bases()[release.basis].title
