"""Ending: by date, by the patient's word, because the sender left: at once, and for good."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, Q, QuerySet

from safelight.consent.models import Consent
from safelight.consent.uses import USES
from safelight.lib.refusals import BadInput
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person
from safelight.photos.copies import end_copy
from safelight.photos.models import Copy
from safelight.sharing.asking import BY_YES, NO, is_over
from safelight.sharing.messages import ask_to_destroy, cancel_messages
from safelight.sharing.models import LIVE, Link, Package, Release, ReleasedPhoto
from safelight.sharing.refusals import MovedOn
from safelight.sharing.rules import ends
from safelight.sharing.sealed import discard, shut
from safelight.sharing.standing import note, require_practice

KEPT: Final = timedelta(hours=24)
"""Blobs whose key is gone are unlinked after a day, never while a backup runs (security, 4)."""
OURS_TO_END: Final = (Copy.Holder.SHARE,)
"""Copies that are gone when we say so: their bytes never left this server."""
EARLIEST: Final = timedelta(hours=14)
"""How far the day of the earliest zone is ahead of UTC's."""
BEYOND_CARE: Final = [code for code, use in USES.items() if not use.is_care]
LONGEST: Final = 240
AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Had:
    """Who has had what: the answer that a withdrawal or a recall gives, and a page lists."""

    release: Release
    recipient: str
    form: str
    photos: int
    opens: int
    last_opened_at: datetime | None
    still_has: bool
    """They hold a copy that we cannot end: a file, a print, or what they saved."""
    asked: bool = False
    """They have just been asked to destroy it."""


def end_due(at: datetime) -> int:
    """End what is over: its time, its openings, its sender's time here, a photo that was moved.

    Each ends by one conditional update. The gate refuses all of these by itself on the next
    request; this writes it down and makes the bytes unreadable.
    """
    live = Release.objects.filter(state=Release.State.OUT)
    over = live.filter(ends_at__lte=at)
    left = Release.objects.filter(
        Q(made_by__is_active=False) | Q(made_by__left_at__isnull=False), state__in=LIVE
    )
    elsewhere = ReleasedPhoto.objects.filter(release__state=Release.State.OUT).exclude(
        photo__patient=F("patient")
    )
    moved = live.filter(pk__in=elsewhere.values("release"))
    used = live.filter(link__opens__gte=F("link__open_limit")).exclude(
        link__openings__ends_at__gt=at
    )
    groups = ((over, ends.BY_DATE), (left, ends.SENDER_LEFT), (moved, ends.MOVED))
    done = sum(
        end(release, state=Release.State.ENDED, why=ends.YES_OVER, by=None, at=at)
        for release in _may_be_over(live, at=at)
        if is_over(release, at=at)
    )
    for rows, why in (*groups, (used, ends.USED_UP)):
        for release in rows.distinct().select_related("practice")[:AT_ONCE]:
            done += end(release, state=Release.State.ENDED, why=why, by=None, at=at)
    return done


def _may_be_over(live: QuerySet[Release], *, at: datetime) -> QuerySet[Release]:
    """Return the few whose yes a day or a birthday can have ended; what is said acts by itself."""
    past = Q(items__consent__review_on__lt=(at + EARLIEST).date())
    grown = Q(items__consent__decider=Consent.Decider.ADVOCATE, use__in=BEYOND_CARE)
    return live.filter(past | grown).distinct().select_related("practice", "made_by__practice")


@transaction.atomic
def end(
    release: Release,
    *,
    state: Release.State,
    why: str,
    by: Person | None,
    at: datetime,
    words: str = "",
    action: str = "share.ended",
) -> bool:
    """End a release, once: link closed, sessions over, keys gone, copies that were ours ended.

    What a recipient holds stays in the ledger until somebody says what became of it.
    """
    before = Release.objects.select_for_update().get(pk=release.pk)
    if before.state not in LIVE:
        return False
    if before.out_at is None and state == Release.State.ENDED:
        state = Release.State.REFUSED
    Release.objects.filter(pk=release.pk).update(
        state=state, ended_at=at, ended_by=by, end_why=why, end_words=words[:300]
    )
    Link.objects.filter(release=release, closed_at=None).update(closed_at=at)
    cancel_messages(release)
    for copy in _copies(release):
        if copy.holder in OURS_TO_END:
            end_copy(copy, by=by, at=at, evidence=f"{ends.ENDS[why]}. Nothing opens any more.")
        elif before.taken_at is None and copy.holder != Copy.Holder.RECIPIENT:
            end_copy(copy, by=by, at=at, evidence=f"{ends.ENDS[why]}. Nobody had taken it.")
    Package.objects.filter(release=release).update(wrapped_key=b"", sealed_password=b"")
    shut(release)
    note(action, release, by=by, at=at, outcome=why, detail=words)
    release.refresh_from_db()
    return True


def end_for_withdrawal(consent: Consent, use: str, *, by: Person, at: datetime) -> list[Had]:
    """End everything live that stood on a yes just taken back, and say who has had what.

    Wired as "consent.withdrawn": it runs in the transaction of the withdrawal, or of a newer
    answer that is a no, so there is no moment at which the yes is gone and the link is not. `use`
    empty means every use.
    """
    live = (
        Release.objects.filter(
            Q(items__consent=consent) | Q(items__patient=consent.patient_id), state__in=LIVE
        )
        .distinct()
        .select_related("practice", "made_by__practice", "checked_by", "clinician")
    )
    had = []
    for release in live:
        if not _stood_on(release, consent, use, at=at):
            continue
        told = had_of(release)
        end(release, state=Release.State.ENDED, why=ends.WITHDRAWN, by=by, at=at)
        had.append(ask_back(release, told, at=at))
    return had


def _stood_on(release: Release, consent: Consent, use: str, *, at: datetime) -> bool:
    """Say whether this release stood on what was taken back: by its row, or by asking again."""
    if release.basis not in BY_YES:
        return False
    by_row = release.items.filter(consent=consent).exists() and use in ("", release.use)
    return by_row or is_over(release, at=at, codes=NO)


def ask_back(release: Release, told: Had, *, at: datetime) -> Had:
    """Ask for what a recipient still holds: due from now on, and asked for by mail."""
    held = _copies(release)
    if not held.exists():
        return told
    held.update(due_at=at)
    asked = ask_to_destroy(release, at=at) is not None
    return replace(told, release=release, still_has=True, asked=asked)


def had_of(release: Release) -> Had:
    """Return what a recipient has had of a release."""
    link = Link.objects.filter(release=release).first()
    return Had(
        release=release,
        recipient=release.recipient_name,
        form=release.form,
        photos=release.items.count(),
        opens=link.opens if link else 0,
        last_opened_at=link.last_opened_at if link else None,
        still_has=any(
            copy.holder == Copy.Holder.RECIPIENT or release.taken_at is not None
            for copy in _copies(release).exclude(holder__in=OURS_TO_END)
        ),
    )


@transaction.atomic
def hand_over(release: Release, *, evidence: str, by: Person, at: datetime) -> int:
    """Record that a file or print is now kept by another for good: the patient, or a record.

    Its lamp goes out. Returns how many copies that were; doing it again changes nothing.
    """
    return _settle(
        release, Copy.State.HANDED_OVER, evidence, action="share.handed_over", by=by, at=at
    )


@transaction.atomic
def note_destroyed(release: Release, *, evidence: str, by: Person, at: datetime) -> int:
    """Record a recipient's word that what they held is destroyed."""
    return _settle(release, Copy.State.ENDED, evidence, action="share.destroyed", by=by, at=at)


def _settle(
    release: Release,
    state: Copy.State,
    evidence: str,
    *,
    action: str,
    by: Person,
    at: datetime,
) -> int:
    require_practice(release, by)
    require_duty(by, Act.COPY_END)
    words = " ".join(evidence.split())
    if not 0 < len(words) <= LONGEST:
        raise BadInput(f"Say how you know, in at most {LONGEST} characters.")
    if release.state == Release.State.DRAFT:
        raise MovedOn(release)
    held = list(_copies(release).exclude(holder__in=OURS_TO_END))
    for copy in held:
        end_copy(copy, by=by, at=at, evidence=words, state=state)
    if held:
        note(action, release, by=by, at=at, outcome=state, detail=words)
    return len(held)


def _copies(release: Release) -> QuerySet[Copy]:
    """Return the copies of a release that are still held, and those its reader saved."""
    own = Q(pk__in=release.items.values("copy")) | Q(pk__in=release.saved.values("copy"))
    return Copy.objects.filter(own, state=Copy.State.HELD).select_related("photo")


def sweep(at: datetime) -> int:
    """Remove from the vault the bytes of releases that ended a day ago; their keys went before."""
    _forget_looks(at)
    over = Release.objects.filter(ended_at__lt=at - KEPT, swept_at=None)[:AT_ONCE]
    for release in over:
        for item in ReleasedPhoto.objects.filter(release=release):
            discard(item.blobs.values())
        for package in Package.objects.filter(release=release).exclude(blob=""):
            discard([package.blob])
        Release.objects.filter(pk=release.pk).update(swept_at=at)
    return len(over)


def _forget_looks(at: datetime) -> None:
    """Forget what was kept for a second look and not decided on within a day."""
    undecided = (Release.State.DRAFT, Release.State.WAITING_SECOND)
    looked_at = ReleasedPhoto.objects.filter(release__state__in=undecided, seen_at__lt=at - KEPT)
    for item in looked_at.exclude(wrapped_key=b"")[:AT_ONCE]:
        same = ReleasedPhoto.objects.filter(pk=item.pk, wrapped_key=item.wrapped_key)
        if same.update(wrapped_key=b"", blobs={}):
            discard(item.blobs.values())
