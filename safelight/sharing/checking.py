"""Checking: a second person looks at what is to leave, and lets it go or not."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from safelight.lib.refusals import BadInput, NotAllowed
from safelight.people.duties import letters
from safelight.people.models import Person
from safelight.sharing.asking import items_of
from safelight.sharing.confirming import goes_at, locked, require_seen
from safelight.sharing.models import Link, Release
from safelight.sharing.refusals import MovedOn
from safelight.sharing.rules import ways
from safelight.sharing.rules.ends import DECLINED
from safelight.sharing.sealed import shut
from safelight.sharing.standing import back_to, note, require_acts, require_may_leave_by

LONGEST_REASON = 300


@transaction.atomic
def approve(
    release: Release,
    *,
    seen: Mapping[str, str],
    by: Person,
    at: datetime,
    stepped_up: bool = False,
) -> Release:
    """Let it go, as the second person: another one, of the practice, who saw the finished copies.

    One conditional update, so two who approve at once approve once. A database rule refuses the
    same person twice as well (ASVS 2.3.5).
    """
    release = _ready_for(release, by=by, at=at, stepped_up=stepped_up)
    require_seen(items_of(release), seen)
    done = Release.objects.filter(pk=release.pk, state=Release.State.WAITING_SECOND).exclude(
        made_by=by
    )
    if not done.update(
        state=Release.State.GOING, checked_by=by, checked_at=at, goes_at=goes_at(release, at)
    ):
        raise MovedOn(release)
    release.refresh_from_db()
    note("share.checked", release, by=by, at=at)
    return release


@transaction.atomic
def decline(
    release: Release, *, reason: str, by: Person, at: datetime, stepped_up: bool = False
) -> Release:
    """Say no, as the second person, and why. Nothing leaves."""
    release = _ready_for(release, by=by, at=at, stepped_up=stepped_up)
    reason = " ".join(reason.split())
    if not 0 < len(reason) <= LONGEST_REASON:
        raise BadInput(f"Say why, in at most {LONGEST_REASON} characters.")
    done = Release.objects.filter(pk=release.pk, state=Release.State.WAITING_SECOND)
    if not done.update(
        state=Release.State.REFUSED,
        checked_by=by,
        checked_at=at,
        ended_at=at,
        ended_by=by,
        end_why=DECLINED,
        end_words=reason,
    ):
        raise MovedOn(release)
    Link.objects.filter(release=release).delete()
    shut(release)
    release.refresh_from_db()
    note("share.declined", release, by=by, at=at, detail=reason)
    return release


def waiting_for(person: Person) -> list[Release]:
    """Return what waits for a second person and this one could check, the oldest first."""
    rows = Release.objects.filter(
        practice=person.practice_id, state=Release.State.WAITING_SECOND
    ).exclude(made_by=person)
    rows = rows.select_related("patient", "made_by").order_by("confirmed_at")
    return [row for row in rows if "2" in letters(person, ways.act_to_check(row.use))]


def _ready_for(release: Release, *, by: Person, at: datetime, stepped_up: bool) -> Release:
    """Return the release, locked, if this person is another one and may check it."""
    release = locked(release, by)
    if release.state != Release.State.WAITING_SECOND:
        raise MovedOn(release)
    if release.made_by_id == by.pk:
        raise NotAllowed(
            "Not done. Whoever made this cannot check it as well.",
            remedy="Ask a colleague to look at the copies.",
        )
    items = items_of(release)
    act = ways.act_to_check(release.use)
    require_acts(
        by,
        [act],
        patients=[item.patient for item in items],
        at=at,
        stepped_up=stepped_up,
        way_back=back_to(release),
    )
    if "2" not in letters(by, act):
        raise NotAllowed("Not done. Your duties don’t include checking this.")
    for item in items:
        require_may_leave_by(by, item.photo, at=at, stepped_up=stepped_up)
    return release
