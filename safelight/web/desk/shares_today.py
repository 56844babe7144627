"""What the today page says of shares: checks, replies, troubles, what ends soon, what lies shut."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from safelight.people.duties import Act, letters, may
from safelight.people.models import Person
from safelight.photos.models import Copy
from safelight.sharing.listing import concerning
from safelight.sharing.messages import waiting_trouble
from safelight.sharing.models import Release
from safelight.sharing.reading import (
    ends_soon,
    never_opened,
    release_of_copy,
    to_check,
    unread_replies,
)
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


def _replies(person: Person, at: datetime) -> Group:
    found = unread_replies(person.practice)
    mine = {row.pk for row in concerning(person, [one.release for one in found], at=at)}
    rows = [
        _row(person, one.release, "Wrote back", one.at, act="Read it")
        for one in found
        if one.release_id in mine
    ]
    return Group("replies", "Replies nobody has read", "From people you shared with", rows)


def _troubles(person: Person, at: datetime) -> Group:
    found = [one.release for one in waiting_trouble(person.practice) if one.release]
    rows = [
        _row(person, row, "The message with the link was not sent", row.out_at, state="late")
        for row in concerning(person, found, at=at)
    ]
    return Group("unsent", "Messages that did not go", "The link waits; its reader does not", rows)


def _soon(person: Person, found: list[Release], shut: set[UUID], at: datetime) -> Group:
    rows = [
        _row(
            person,
            row,
            "Nobody has opened it" if row.pk in shut else "Ends by itself",
            row.out_at,
            limit=f"Ends {day(row.ends_at)}",
        )
        for row in concerning(person, found, at=at)
    ]
    return Group("ending", "Shares that end soon", "Within two days", rows)


def _unopened(person: Person, found: list[Release], at: datetime) -> Group:
    rows = [
        _row(person, row, "Nobody has opened it", row.out_at, limit=f"Ends {day(row.ends_at)}")
        for row in concerning(person, found, at=at)
    ]
    return Group("unopened", "Never opened", "Went two days ago or more", rows)


def _waning(person: Person, at: datetime) -> Iterator[Group]:
    """Give what ends soon, then what lies shut. One that does both is one thing: it ends soon."""
    soon, shut = ends_soon(person.practice, at=at), never_opened(person.practice, at=at)
    yield _soon(person, soon, {row.pk for row in shut}, at)
    listed = {row.pk for row in soon}
    yield _unopened(person, [row for row in shut if row.pk not in listed], at)


def share_groups(person: Person, *, at: datetime) -> Iterator[Group]:
    """Give the groups about shares that this person’s duties open; empty ones are left out."""
    if letters(person, Act.TEACHING_APPROVE) | letters(person, Act.PUBLISH):
        yield _checks(person)
    if letters(person, Act.SHARE_STOP):
        yield _replies(person, at)
        yield _troubles(person, at)
        yield from _waning(person, at)


def account_url(copy: Copy) -> str:
    """Return where a copy that should have ended is accounted for: its share, or its photo."""
    release = release_of_copy(copy)
    if release is not None:
        return reverse("desk:share-settle", args=[release.pk])
    return reverse("desk:photo", args=[copy.photo_id]) + "#where"
