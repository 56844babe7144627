"""Choosing: which of the eight reasons could stand for these photos, and what was said on them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from safelight.consent.going import Answers, MayNotGo, Missing
from safelight.consent.models import Consent, Withdrawal
from safelight.consent.reading import answers_at, consent_by_id
from safelight.consent.rules.asking import NOT_ASKED, YES
from safelight.consent.uses import USES
from safelight.photos.models import Photo
from safelight.sharing.asking import SECOND, UNDECIDED, answers_to, items_of, may_leave
from safelight.sharing.models import Release
from safelight.sharing.rules.bases import CONSENT, BasisRule, bases, elsewhere


@dataclass(frozen=True, slots=True)
class Choice:
    """One basis as the page lists it: whether it could stand now, if not why, and where it could.

    `elsewhere`: what somebody says who has this reason after all; then the use becomes another.
    """

    rule: BasisRule
    may: bool
    why: str = ""
    needed: str = ""
    elsewhere: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the record holds on a use that was refused: which consent, its answer, which photos."""

    consent: Consent
    numbers: tuple[int, ...]  # of the photos in the release
    asked: str  # the use as the patient was asked about it
    answer: str  # yes, no, not_asked
    agreed: tuple[str, ...]  # the other uses that this consent says yes to
    taken_back: Withdrawal | None = None


def choices(release: Release, *, at: datetime) -> list[Choice]:
    """Return every basis, with whether it could stand for all photos of a release now (D4b).

    What only has to be written down does not make a basis impossible.
    """
    items = items_of(release)
    answers, photos = answers_to(items, at=at), [item.photo for item in items]
    return [_choice(release, rule, photos, answers, at=at) for rule in bases().values()]


def said_on(release: Release, *, at: datetime) -> list[Said]:
    """Return what was said on the use, where consent does not let the photos go: one a consent.

    It is the consent that speaks on a photo, or the one that the photo was taken under.
    """
    tried = _tried(release, bases()[CONSENT])
    found: dict[UUID, list[int]] = {}
    items = items_of(release)
    answers = answers_to(items, at=at)
    for number, item in enumerate(items, start=1):
        refused = _refusal(tried, item.photo, answers, at=at)
        speaks = (refused.consent_id or item.photo.consent_id) if refused else None
        if speaks is not None:
            found.setdefault(speaks, []).append(number)
    return [
        _said(consent_by_id(release.practice, pk), release.use, numbers, at=at)
        for pk, numbers in found.items()
    ]


def _said(consent: Consent, use: str, numbers: Iterable[int], *, at: datetime) -> Said:
    answers = {row.use: row.answer for row in consent.decisions.all()}
    still = answers_at(consent, at)
    taken_back = [row for row in consent.withdrawals.all() if row.use in ("", use) and row.at <= at]
    return Said(
        consent=consent,
        numbers=tuple(numbers),
        asked=USES[use].title,
        answer=answers.get(use, NOT_ASKED),
        agreed=tuple(USES[code].short for code in USES if code != use and still[code] == YES),
        taken_back=max(taken_back, key=lambda row: row.at, default=None),
    )


def _choice(
    release: Release,
    rule: BasisRule,
    photos: list[Photo],
    answers: Mapping[UUID, Answers],
    *,
    at: datetime,
) -> Choice:
    tried = _tried(release, rule)
    missing: dict[str, Missing] = {}
    for photo in photos:
        refused = _refusal(tried, photo, answers, at=at)
        missing |= {one.code: one for one in refused.missing} if refused else {}
    if not missing:
        return Choice(rule, may=True, why=rule.hint)
    return Choice(
        rule,
        may=False,
        why=" ".join(one.words for one in missing.values()),
        needed=" ".join(dict.fromkeys(one.needed for one in missing.values())),
        elsewhere=elsewhere(rule, release.use) if release.patient_id else "",
    )


def _refusal(
    tried: Release, photo: Photo, answers: Mapping[UUID, Answers], *, at: datetime
) -> MayNotGo | None:
    still_open = SECOND if tried.recipient_name else UNDECIDED
    said = answers.get(photo.patient_id) if photo.patient_id else None
    try:
        may_leave(tried, photo, at=at, still_open=still_open, answers=said)
    except MayNotGo as refused:
        return refused
    return None


def _tried(release: Release, rule: BasisRule) -> Release:
    """Return a release that is nowhere written, on another basis, to ask about."""
    tried = Release(
        use=release.use,
        made_by=release.made_by,
        basis=rule.code,
        basis_reason="-",
        basis_facts=dict.fromkeys(rule.needs, "-"),
        recipient_name=release.recipient_name,
        recipient_kind=release.recipient_kind,
        recipient_country=release.recipient_country,
        name_hidden=release.name_hidden,
    )
    tried.pk = release.pk
    return tried
