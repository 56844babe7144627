"""Reading: what pages ask about what was let out. Nothing here changes anything."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from safelight.consent.models import Consent
from safelight.lib.refusals import NotFound
from safelight.patients.access import own
from safelight.people.duties import Act, letters
from safelight.people.models import Person
from safelight.photos.models import Copy
from safelight.policy.models import Practice
from safelight.sharing.checking import waiting_for
from safelight.sharing.ending import Had, had_of
from safelight.sharing.models import LIVE, Opening, Release, ReleasedPhoto, Reply, Saved
from safelight.sharing.rules import ways

SOON: Final = timedelta(days=2)
UNOPENED: Final = timedelta(days=2)
"""A link that nobody has opened for so long is shown on the today page (ours)."""
ROWS: Final = 100


def release_for(person: Person, release_id: UUID, *, at: datetime) -> Release:
    """Return a release that this person has to do with: made it, checks it, or may stop it.

    Another practice's, one of somebody else's patients to a registrar, and none at all are the
    same answer. It holds no picture; those have their own doors.
    """
    release = _rows().filter(pk=release_id, practice=person.practice_id).first()
    if release is None or not concerns(person, release, at=at):
        raise NotFound
    return release


def concerns(person: Person, release: Release, *, at: datetime) -> bool:
    """Say whether a release is this person's to look at: theirs, to check, or to stop."""
    if release.made_by_id == person.pk:
        return bool(letters(person, Act.SHARE_STOP) | letters(person, Act.TEACHING_MAKE))
    if release.state == Release.State.DRAFT:
        return False
    if release.state == Release.State.WAITING_SECOND and "2" in letters(
        person, ways.act_to_check(release.use)
    ):
        return True
    found = letters(person, Act.SHARE_STOP)
    if "A" in found:
        return True
    return "O" in found and release.patient is not None and own(person, release.patient, at=at)


def shares_of_copies(copies: Sequence[Copy]) -> dict[UUID, UUID]:
    """Return by which share each of these copies went out, so that its line can lead there.

    Copies that no share made are left out. Two reads by index, however many lines there are.
    """
    made = Q(copy__in=[copy.pk for copy in copies])
    found: dict[UUID, UUID] = {}
    for table in (Saved, ReleasedPhoto):
        found |= dict(table.objects.filter(made).values_list("copy_id", "release_id"))
    return found


def drafts_of(person: Person) -> list[Release]:
    """Return what a person began and has not decided yet."""
    rows = _rows().filter(made_by=person, state=Release.State.DRAFT)
    return list(rows.order_by("-made_at")[:ROWS])


def outside_shares(practice: Practice, *, start: int = 0) -> list[Release]:
    """Return what is out or about to go, the first to end first: what anybody may stop."""
    rows = _rows().filter(practice=practice, state__in=LIVE).order_by("ends_at", "pk")
    return list(rows[start : start + ROWS])


def ends_soon(practice: Practice, *, at: datetime) -> list[Release]:
    """Return what ends by itself within two days."""
    rows = _out(practice).filter(ends_at__gt=at, ends_at__lte=at + SOON)
    return list(rows.order_by("ends_at")[:ROWS])


def never_opened(practice: Practice, *, at: datetime) -> list[Release]:
    """Return links that went out two days ago or more and that nobody has opened."""
    rows = _out(practice).filter(form__in=ways.LINKS, link__opens=0, out_at__lte=at - UNOPENED)
    return list(rows.order_by("out_at")[:ROWS])


def to_check(person: Person) -> list[Release]:
    """Return what waits for a second person and this one may check."""
    return waiting_for(person)


def unread_replies(practice: Practice) -> list[Reply]:
    """Return replies that nobody has read, the oldest first."""
    rows = Reply.objects.filter(release__practice=practice, seen_at=None)
    return list(rows.select_related("release__patient", "release__made_by").order_by("at")[:ROWS])


def openings(release: Release) -> list[Opening]:
    """Return each opening of a release's link, in order."""
    return list(Opening.objects.filter(link__release=release))


def recipients_of(person: Person, releases: Collection[UUID]) -> dict[UUID, str]:
    """Return whom releases of the person's own practice went to, as the log numbers them.

    Only somebody who may see every share is told; the log itself names nobody.
    """
    if "A" not in letters(person, Act.SHARE_STOP):
        return {}
    rows = Release.objects.filter(practice=person.practice_id, pk__in=releases)
    return {row.pk: row.recipient_name for row in rows.only("pk", "recipient_name")}


def who_has_had(consent: Consent) -> list[Had]:
    """Return who has had photos that left on this consent, whatever became of them."""
    rows = _rows().filter(items__consent=consent, out_at__isnull=False).distinct()
    return [had_of(release) for release in rows.order_by("out_at")]


def _rows() -> QuerySet[Release]:
    return Release.objects.select_related(
        "practice", "patient", "made_by", "checked_by", "ended_by", "clinician", "link"
    )


def _out(practice: Practice) -> QuerySet[Release]:
    return _rows().filter(practice=practice, state=Release.State.OUT)
