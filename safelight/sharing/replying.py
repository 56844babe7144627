"""Replying: the recipient writes back by the link, and somebody at the practice reads it."""

from datetime import datetime
from typing import Final

from django.db import transaction

from safelight.lib.refusals import BadInput, NotFound
from safelight.patients.access import way_to
from safelight.people.duties import Act, letters
from safelight.people.models import Person
from safelight.sharing.models import Link, Release, Reply
from safelight.sharing.opening import live_opening, record_reading
from safelight.sharing.standing import note, require_practice, require_share_sight

LONGEST: Final = 4000
MOST: Final = 20


@transaction.atomic
def reply(session: str, *, words: str, at: datetime) -> Reply:
    """Keep what a recipient wrote, word for word. It comes with an open session and no other way.

    The same words again in the same session are one reply: a form sent twice.
    """
    opening = live_opening(session, at=at)
    release = opening.link.release
    words = "".join(s for s in words.replace("\r\n", "\n") if s.isprintable() or s == "\n").strip()
    if not words:
        raise BadInput("Nothing was sent: there were no words.", remedy="Write, then send it.")
    if len(words) > LONGEST:
        raise BadInput(
            f"Not sent. An answer has room for {LONGEST:,} characters; this has {len(words):,}.",
            remedy="Shorten it, or ring the practice.",
        )
    Link.objects.select_for_update().get(pk=opening.link_id)
    rows = Reply.objects.filter(release=release)
    known = rows.filter(opening=opening, words=words).first()
    if known is not None:
        return known
    if rows.count() >= MOST:
        raise BadInput("There are many replies here already.", remedy="Ring the practice.")
    kept = Reply.objects.create(release=release, opening=opening, words=words, at=at)
    record_reading("share.replied", opening, at=at)
    return kept


def may_read_replies(person: Person, release: Release, *, at: datetime) -> bool:
    """Say whether replies are this person's to read: they speak of the patient and the photos."""
    if not letters(person, Act.PHOTO_VIEW):
        return False
    return release.patient is None or way_to(person, release.patient, at=at) is not None


@transaction.atomic
def see_replies(release: Release, *, by: Person, at: datetime) -> list[Reply]:
    """Return the replies and mark the new ones as read, by whom. Reading again changes nothing."""
    require_practice(release, by)
    if not may_read_replies(by, release, at=at):
        raise NotFound
    require_share_sight(by, release, at=at)
    fresh = Reply.objects.filter(release=release, seen_at=None).update(seen_at=at, seen_by=by)
    if fresh:
        note("share.reply_seen", release, by=by, at=at)
    return list(Reply.objects.filter(release=release).select_related("seen_by"))
