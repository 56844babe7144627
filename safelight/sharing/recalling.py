"""Recalling: a person stops what was let out (G34). Before it was sent, nothing has left."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction

from safelight.lib.refusals import BadInput, NotAllowed
from safelight.patients.access import own
from safelight.people.duties import Act, letters, require_duty
from safelight.people.models import Person
from safelight.sharing.ending import Had, ask_back, end, had_of
from safelight.sharing.models import Link, Opening, Release
from safelight.sharing.refusals import MovedOn
from safelight.sharing.rules import ends
from safelight.sharing.standing import require_practice

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Recalled:
    """What stopping came to: whether anything had left, and who had seen it by then."""

    release: Release
    before_sent: bool
    had: Had
    opened: list[Opening] = field(default_factory=list)


@transaction.atomic
def recall(release: Release, *, reason: str, by: Person, at: datetime) -> Recalled:
    """Stop a release. Undone in its minute, nothing left; later, the link closes on the spot.

    Anybody with the duty may, not only the sender: a mistake must not wait for one person. What a
    recipient holds as a file or print is due at once and asked for. Doing it again changes nothing.
    """
    require_practice(release, by)
    _require_stop(release, by=by, at=at)
    words = " ".join(reason.split())
    if len(words) > LONGEST_REASON:
        raise BadInput(f"Say why, in at most {LONGEST_REASON} characters.")
    before = Release.objects.select_for_update().get(pk=release.pk)
    if before.state == Release.State.DRAFT:
        raise MovedOn(before)
    told = had_of(before)
    was_out = before.out_at is not None
    stopped = end(
        before,
        state=Release.State.RECALLED if was_out else Release.State.UNDONE,
        why=ends.RECALLED if was_out else ends.UNDONE,
        by=by,
        at=at,
        words=words,
        action="share.recalled" if was_out else "share.undone",
    )
    if not was_out:
        Link.objects.filter(release=before).delete()
    elif stopped:
        told = ask_back(before, told, at=at)
    release.refresh_from_db()
    opened = list(Opening.objects.filter(link__release=release))
    return Recalled(release, before_sent=not was_out, had=told, opened=opened)


def _require_stop(release: Release, *, by: Person, at: datetime) -> None:
    """Refuse who may not stop shares; a registrar stops their own and those of their patients."""
    require_duty(by, Act.SHARE_STOP)
    if "A" in letters(by, Act.SHARE_STOP) or release.made_by_id == by.pk:
        return
    if release.patient is None or not own(by, release.patient, at=at):
        raise NotAllowed(
            "Not done. Your duties cover stopping your own shares.",
            remedy="Ask anybody else at the practice to stop it.",
        )
