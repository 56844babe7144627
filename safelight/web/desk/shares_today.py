"""What the today page says of shares: checks, replies, troubles, what ends soon, what lies shut."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.urls import reverse

from safelight.people.duties import Act, letters, may
from safelight.people.models import Person
from safelight.photos.models import Copy
from safelight.sharing.listing import concerning
from safelight.sharing.messages import waiting_trouble
from safelight.sharing.models import Release, Reply
from safelight.sharing.reading import (
    SOON,
    ends_soon,
    never_opened,
    shares_of_copies,
    to_check,
    unread_replies,
)
from safelight.sharing.replying import may_read_replies
from safelight.web.desk.rows import Group, Row
from safelight.web.desk.templatetags.words import day, many, since


def _who(person: Person, release: Release) -> str:
    """Return whose photos they are, to a person who may read names."""
    if release.patient is None:
        return "Teaching set"
    if may(person, Act.PATIENT_VIEW):
        return release.patient.name
    return release.patient.record_number


def _row(
    person: Person,
    release: Release,
    words: str,
    when: datetime | None,
    *,
    act: str = "Look at it",
    to: str = "desk:share",
    state: str = "out",
    limit: str = "",
) -> Row:
    return Row(
        state,
        _who(person, release),
        f"{many(release.items.count(), 'photo')} to {release.recipient_name}",
        words,
        since(when),
        limit,
        act,
        reverse(to, args=[release.pk]),
    )


def _checks(person: Person) -> Group:
    rows = [
        _row(
            person,
            row,
            f"{row.made_by.name} asks. Nothing has left",
            row.confirmed_at,
            act="Check it",
            to="desk:share-check",
            state="in",
        )
        for row in to_check(person)
    ]
    return Group("checks", "Waiting for a second person’s check", "You may be the second", rows)


def _ends(row: Release, at: datetime) -> str:
    """Say when a share ends that ends soon, whatever else it is listed for."""
    soon = row.state == Release.State.OUT and row.ends_at is not None and row.ends_at <= at + SOON
    return f"Ends {day(row.ends_at)}" if soon else ""


def _replies(person: Person, at: datetime) -> Iterator[tuple[UUID, Row]]:
    waiting: dict[UUID, list[Reply]] = {}
    for one in unread_replies(person.practice):
        waiting.setdefault(one.release_id, []).append(one)
    for row in concerning(person, [found[0].release for found in waiting.values()], at=at):
        count, first = len(waiting[row.pk]), waiting[row.pk][0]
        words = "Wrote back" if count == 1 else f"Wrote back {count} times"
        act = "Read it" if may_read_replies(person, row, at=at) else "Look at it"
        yield row.pk, _row(person, row, words, first.at, act=act, limit=_ends(row, at))


def _troubles(person: Person, at: datetime) -> Iterator[tuple[UUID, Row]]:
    words = "The message with the link was not sent"
    found = [one.release for one in waiting_trouble(person.practice) if one.release]
    for row in concerning(person, found, at=at):
        yield row.pk, _row(person, row, words, row.out_at, state="late", limit=_ends(row, at))


def _soon(person: Person, at: datetime) -> Iterator[tuple[UUID, Row]]:
    shut = {row.pk for row in never_opened(person.practice, at=at)}
    for row in concerning(person, ends_soon(person.practice, at=at), at=at):
        words = "Nobody has opened it" if row.pk in shut else "Ends by itself"
        yield row.pk, _row(person, row, words, row.out_at, limit=_ends(row, at))


def _unopened(person: Person, at: datetime) -> Iterator[tuple[UUID, Row]]:
    for row in concerning(person, never_opened(person.practice, at=at), at=at):
        limit = f"Ends {day(row.ends_at)}"
        yield row.pk, _row(person, row, "Nobody has opened it", row.out_at, limit=limit)


OUT_THERE: Final = (
    ("replies", "Replies nobody has read", "From people you shared with", _replies),
    ("unsent", "Messages that did not go", "The link waits; its reader does not", _troubles),
    ("ending", "Shares that end soon", "Within two days", _soon),
    ("unopened", "Never opened", "Went two days ago or more", _unopened),
)
"""What a share may be listed for, the most urgent first: it is one thing, and listed once."""


def _once(person: Person, at: datetime) -> Iterator[Group]:
    """Give each group without what a more urgent one has listed."""
    listed: set[UUID] = set()
    for key, title, hint, rows in OUT_THERE:
        found = {pk: row for pk, row in rows(person, at) if pk not in listed}
        listed.update(found)
        yield Group(key, title, hint, list(found.values()))


def share_groups(person: Person, *, at: datetime) -> Iterator[Group]:
    """Give the groups about shares that this person’s duties open; empty ones are left out."""
    if letters(person, Act.TEACHING_APPROVE) | letters(person, Act.PUBLISH):
        yield _checks(person)
    if letters(person, Act.SHARE_STOP):
        yield from _once(person, at)


def account_urls(copies: Sequence[Copy]) -> dict[UUID, str]:
    """Return where each copy that should have ended is accounted for: its share, or its photo."""
    shares = shares_of_copies(copies)
    return {
        copy.pk: reverse("desk:share-settle", args=[shares[copy.pk]])
        if copy.pk in shares
        else reverse("desk:photo", args=[copy.photo_id]) + "#where"
        for copy in copies
    }
