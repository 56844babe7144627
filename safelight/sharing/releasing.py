"""Releasing: the worker lets photos go when their minute is over, after asking everything again."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import DatabaseError, transaction
from django.db.models import F, Q

from safelight.lib.refusals import Refusal
from safelight.lib.tokens import new_token, token_hash
from safelight.people.duties import require_duty
from safelight.photos.copies import Basis, begin_copy, next_print_number
from safelight.photos.models import Copy
from safelight.sharing.addressbook import known_now
from safelight.sharing.asking import items_of, may_leave, note_refusal
from safelight.sharing.confirming import ChangedMeanwhile, acts_of
from safelight.sharing.darkroom import Made
from safelight.sharing.messages import put_message
from safelight.sharing.models import Link, Package, Release, ReleasedPhoto
from safelight.sharing.packing import Packed, pack
from safelight.sharing.previewing import make_item
from safelight.sharing.rules import checklist, ways
from safelight.sharing.rules.ends import REFUSED
from safelight.sharing.sealed import put_away, put_away_package, shut, tidy
from safelight.sharing.standing import note
from safelight.vault.sealing import seal_text
from safelight.vault.words import new_passphrase

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=10)
TRIES: Final = 5
PAUSE: Final = timedelta(minutes=1)
SERVER_TROUBLE: Final = 500
"""Refusals from here on speak of the server (no room, no sandbox), not of the photos."""
AT_ONCE: Final = 4
HOLDERS: Final = {
    ways.LINK: Copy.Holder.SHARE,
    ways.PATIENT_COPY: Copy.Holder.SHARE,
    ways.PDF: Copy.Holder.PACKAGE,
    ways.ARCHIVE: Copy.Holder.PACKAGE,
    ways.TEACHING_SET: Copy.Holder.PACKAGE,
    ways.PRINT: Copy.Holder.PAPER,
}


class CouldNotMake(Refusal):
    """The copy could not be made, however often it was tried."""

    code = "could_not_make"

    def __init__(self) -> None:
        """Say so; what failed is in the server's log."""
        super().__init__(
            "Not sent. The copy could not be made.", remedy="Tell the IT person, then begin again."
        )


@dataclass(slots=True)
class Finished:
    """Everything a release needs to go, stored already and named by no row yet."""

    made: list[tuple[ReleasedPhoto, Made]] = field(default_factory=list)
    packed: Packed | None = None
    password: str = field(default="", repr=False)
    package_key: bytes = field(default=b"", repr=False)
    package_blob: str = ""
    looked_at: list[str] = field(default_factory=list)  # blobs not needed once it is out

    def blobs(self) -> Iterable[str]:
        """Return the names of all that was stored."""
        for item, _ in self.made:
            yield from item.blobs.values()
        if self.package_blob:
            yield self.package_blob


def let_go(at: datetime) -> int:
    """Let go what is due: each is claimed by one conditional update; return how many were tried.

    Killed at any moment, the next run goes on: a claim runs out, and before the last transaction
    nothing has left.
    """
    due = Release.objects.filter(
        Q(claimed_at=None) | Q(claimed_at__lt=at - LEASE),
        state=Release.State.GOING,
        goes_at__lte=at,
    ).order_by("goes_at")  # fmt: skip
    return sum(_one(pk, at=at) for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]))


def _one(pk: UUID, *, at: datetime) -> bool:
    free = Release.objects.filter(pk=pk, state=Release.State.GOING)
    free = free.filter(Q(claimed_at=None) | Q(claimed_at__lt=at - LEASE))
    if not free.update(claimed_at=at, tries=F("tries") + 1):
        return False
    rows = Release.objects.select_related(
        "practice", "patient", "made_by__practice", "checked_by", "clinician__practice"
    )
    release = rows.get(pk=pk)
    if release.tries > TRIES:  # ended each time by what is left to rise, or by the machine
        refuse(release, CouldNotMake(), at=at)
        return True
    finished = Finished()
    try:
        leaves = ask_again(release, at=at)
        _finish(release, finished, at=at)
        is_out = _out(release, finished, leaves, at=at)
    except DatabaseError:
        raise
    except Exception as trouble:
        _settle(release, trouble, at=at)
        tidy(finished.blobs())
    else:
        tidy(finished.looked_at if is_out else finished.blobs())
    return True


def _settle(release: Release, trouble: Exception, *, at: datetime) -> None:
    """Refuse what may not go; try again, a few times, what only did not work this time."""
    if isinstance(trouble, Refusal) and trouble.status < SERVER_TROUBLE:
        refuse(release, trouble, at=at)
        return
    log.error("release %s could not go", release.pk, exc_info=trouble)
    if release.tries >= TRIES:
        refuse(release, CouldNotMake(), at=at)
        return
    again = at + PAUSE - LEASE
    Release.objects.filter(pk=release.pk, state=Release.State.GOING).update(claimed_at=again)


def ask_again(release: Release, *, at: datetime) -> dict[UUID, Basis]:
    """Ask everything again at the last moment: consent, sender, second person, recipient.

    A yes taken back in this very minute, or a sender who left, stops it here.
    """
    for act in acts_of(release):
        require_duty(release.made_by, act)
    if checklist.needs_second(release.use, release.form) and release.checked_by_id in (
        None,
        release.made_by_id,
    ):
        raise ChangedMeanwhile
    if release.clinician is not None:
        known_now(release.clinician, at=at)
    leaves = {}
    for item in items_of(release):
        if item.photo.patient_id != item.patient_id:
            raise ChangedMeanwhile
        leave = may_leave(release, item.photo, at=at, checked_by=release.checked_by)
        leaves[item.pk] = Basis(leave.words, leave.consent_id)
    return leaves


def _finish(release: Release, finished: Finished, *, at: datetime) -> None:
    """Make the final bytes, hold them against what was looked at, store them, open them again."""
    for item in items_of(release):
        made = make_item(item)
        if made.sha256 != item.sha256:
            raise ChangedMeanwhile
        finished.looked_at += item.blobs.values()
        put_away(item, made)
        finished.made.append((item, made))
    if release.form in ways.PACKAGES:
        finished.password = new_passphrase()
        finished.packed = pack(release, finished.made, password=finished.password, at=at)
        finished.package_key, finished.package_blob = put_away_package(
            release, finished.packed.data
        )


@transaction.atomic
def _out(release: Release, finished: Finished, leaves: dict[UUID, Basis], *, at: datetime) -> bool:
    """Write that it is out: copies in the ledger, link or package, message, log, all or nothing.

    If it was undone, stopped or claimed by another meanwhile, nothing is written: False.
    """
    ends = at + timedelta(days=release.days)
    moved = Release.objects.filter(
        pk=release.pk, state=Release.State.GOING, claimed_at=release.claimed_at
    ).update(state=Release.State.OUT, out_at=at, ends_at=ends)
    if not moved:
        return False
    release.refresh_from_db()
    for item, _ in finished.made:
        copy = _begin(release, item, leaves[item.pk], at=at)
        kept = ReleasedPhoto.objects.filter(pk=item.pk, patient=item.patient_id).update(
            wrapped_key=item.wrapped_key,
            blobs=item.blobs,
            copy=copy,
            basis=leaves[item.pk].words,
            consent=leaves[item.pk].consent_id,
        )
        if not kept:
            raise ChangedMeanwhile
    if finished.packed is not None:
        Package.objects.create(
            release=release,
            sealed_password=seal_text(finished.password, context=f"package|{release.pk}"),
            wrapped_key=finished.package_key,
            blob=finished.package_blob,
            name=finished.packed.name,
            media_type=finished.packed.content_type,
            size=len(finished.packed.data),
        )
    if release.form in ways.LINKS:
        token = new_token()
        Link.objects.filter(release=release).update(token_hash=token_hash(token))
        put_message(release, token=token, at=at)
    to = f"{release.recipient_name}, {release.recipient_address}"
    note("share.sent", release, by=release.made_by, at=at, outcome=release.form, detail=to)
    return True


def _begin(release: Release, item: ReleasedPhoto, basis: Basis, *, at: datetime) -> Copy:
    """Write one photo's copy in the ledger, with the day on which it must have ended."""
    is_print = release.form == ways.PRINT
    if is_print:
        type(item.photo).objects.select_for_update().get(pk=item.photo_id)
    return begin_copy(
        practice=release.practice,
        photo=item.photo,
        holder=HOLDERS[release.form],
        holder_name=release.recipient_name,
        rendition="concealed" if item.crop or item.shapes else "cleaned",
        basis=basis,
        evidence=f"Let out as {Release.Form(release.form).label.lower()}",
        number=next_print_number(item.photo) if is_print else None,
        due_at=release.ends_at,
        by=release.made_by,
        at=at,
    )


@transaction.atomic
def refuse(release: Release, refused: Refusal, *, at: datetime) -> None:
    """Write that it could not go, and why. Nothing has left."""
    words = f"{refused.message} {refused.remedy}".strip()[:300]
    stopped = Release.objects.filter(pk=release.pk, state=Release.State.GOING).update(
        state=Release.State.REFUSED, ended_at=at, end_why=REFUSED, end_words=words
    )
    if stopped:
        Link.objects.filter(release=release).delete()
        shut(release)
        note_refusal(release, refused, by=release.made_by, at=at)
