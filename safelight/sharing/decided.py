"""Decided: what is known of a share once it was decided, and what a person may do with it."""

from dataclasses import dataclass
from datetime import datetime

from safelight.lib.refusals import NotAllowed
from safelight.people.duties import Act, letters, may
from safelight.people.models import Person
from safelight.photos.models import Copy
from safelight.sharing.asking import items_of
from safelight.sharing.models import LIVE, Message, Opening, Release, ReleasedPhoto
from safelight.sharing.reading import openings
from safelight.sharing.refusals import MovedOn
from safelight.sharing.replying import may_read_replies
from safelight.sharing.rules.ways import LINKS, PACKAGES, PRINT


@dataclass(frozen=True, slots=True)
class Decided:
    """Where a share is: what it holds, who opened it, what is still out there, what came back."""

    items: list[ReleasedPhoto]
    openings: list[Opening]
    held: list[Copy]
    """The copies that are still out there, with those that a reader saved."""
    replies: int
    unread: int
    message: Message | None
    """The newest message about it."""


def decided(release: Release) -> Decided:
    """Return what is known of a share by now. It holds no picture and no word of a reply."""
    items = items_of(release)
    copies = [item.copy for item in items] + [row.copy for row in release.saved.all()]
    return Decided(
        items=items,
        openings=openings(release),
        held=[copy for copy in copies if copy is not None and copy.state == Copy.State.HELD],
        replies=release.replies.count(),
        unread=release.replies.filter(seen_at=None).count(),
        message=release.messages.order_by("-made_at").first(),
    )


def may_do(person: Person, release: Release, found: Decided, *, at: datetime) -> dict[str, bool]:
    """Say which acts a page offers. Each act asks again for itself; this only spares a refusal."""
    is_out = release.state == Release.State.OUT
    newest = found.message
    return {
        "read": may_read_replies(person, release, at=at),
        "recall": release.state in LIVE and bool(letters(person, Act.SHARE_STOP)),
        "renew": renews(person, release),
        "text": is_out
        and person.pk == release.made_by_id
        and newest is not None
        and (newest.channel, newest.state) == (Release.Channel.TEXT, Message.State.WAITING),
        "file": is_out and carries(person, release),
        "print": is_out and release.form == PRINT and may(person, Act.PHOTO_PRINT),
        "settle": may(person, Act.COPY_END)
        and any(copy.holder != Copy.Holder.SHARE for copy in found.held),
    }


def renews(person: Person, release: Release) -> bool:
    """Say whether a new PIN or link of this share is this person's to make: the sender's alone."""
    is_out = release.state == Release.State.OUT
    return is_out and release.form in LINKS and person.pk == release.made_by_id


def require_renews(person: Person, release: Release) -> None:
    """Refuse the page of a new PIN or link to whoever could make neither."""
    if person.pk != release.made_by_id:
        raise NotAllowed(
            "Not done. A new PIN or link is made by whoever sent the photos.",
            remedy="Ask them, or stop this share.",
        )
    if not renews(person, release):
        raise MovedOn(release)


def carries(person: Person, release: Release) -> bool:
    """Say whether a sealed file is this person's to hand on: the sender's or the second's."""
    return release.form in PACKAGES and person.pk in (release.made_by_id, release.checked_by_id)
