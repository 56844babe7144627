"""The demo practice: what its story promises is in the tables, by way of the real acts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from safelight.audit.checking import first_wrong
from safelight.consent.models import Withdrawal
from safelight.lib.clock import now
from safelight.patients.visits import visits_today
from safelight.photos.clock import in_doubt
from safelight.photos.copies import outside_count, overdue_count
from safelight.photos.models import Capture, Copy, Photo
from safelight.policy.models import Practice
from safelight.sharing.addressbook import clinicians_of, is_due
from safelight.sharing.models import Release
from safelight.sharing.reading import ends_soon, never_opened, unread_replies
from safelight.sharing.teaching import register
from safelight.site import demo
from safelight.vault import keyring


@pytest.fixture
def keys(settings: Settings, tmp_path: Path, db: None) -> Iterator[None]:
    """A data folder and a keyring of their own."""
    keyring.use(keyring.current())
    settings.SAFELIGHT_DATA = tmp_path / "data"
    yield
    keyring.use(None)


def made(shown: dict[str, slice], **more: Any) -> Practice:
    """Make the demo with a few photos of some courses, so that a test need not draw forty."""
    words = demo.script()
    first = {course["patient"]: course for course in reversed(words["courses"])}
    told = {
        **words,
        "courses": [
            {**first[key], "shots": first[key]["shots"][few]} for key, few in shown.items()
        ],
        "prints": [],
        "shares": [],
        "sets": [],
        **more,
    }
    return demo.make_demo(at=now(), say=lambda _: None, words=told)


@pytest.fixture
def small(keys: None) -> Practice:
    """Three photos and the prints, nothing shared."""
    prints = [{**row, "label": "Pigmented mark, first seen"} for row in demo.script()["prints"]]
    shown = {"pat": slice(0, 1), "vic": slice(-1, None), "ivy": slice(0, 1)}
    return made(shown, prints=prints)


def test_the_story_is_told_by_the_real_acts(small: Practice) -> None:
    assert small.is_demo
    photos = Photo.objects.filter(practice=small)
    assert photos.count() == 3
    assert photos.filter(incomplete=True).count() == 1
    assert set(Capture.objects.values_list("state", flat=True)) == {"filed"}
    assert not Copy.objects.filter(holder="phone", state="held").exists()
    assert Withdrawal.objects.count() == 1
    assert first_wrong(small.pk) is None


def test_two_prints_are_outside_and_one_is_overdue(small: Practice) -> None:
    assert outside_count(small) == 2
    assert overdue_count(small, at=now()) == 1


def test_a_link_waits_one_was_answered_one_is_over_and_a_set_is_in_the_register(
    keys: None,
) -> None:
    at, words = now(), demo.script()
    shared = {
        kind: [{**row, "photos": [["uma", 1]]} for row in words[kind]]
        for kind in ("shares", "sets")
    }
    small = made({"uma": slice(0, 1)}, **shared)
    assert outside_count(small) == 3 + 1
    soon = ends_soon(small, at=at)
    assert [row.recipient_name for row in soon] == ["Dr Nil Dummy"]
    unopened = never_opened(small, at=at)
    assert {row.recipient_name for row in unopened} == {"Dr Nil Dummy", "Dr Pia Fictitious"}
    (fresh,) = unread_replies(small)
    assert fresh.release.state == "out"
    over = Release.objects.get(state="ended")
    assert (over.end_why, over.link.opens, over.replies.count()) == ("date", 1, 1)
    (row,) = register(small)
    assert row.release.state == "out"
    assert row.release.checked_by != row.release.made_by
    due = [one.name for one in clinicians_of(small) if is_due(one, at=at)]
    assert due == ["Dr Vera Notreal"]
    assert not in_doubt(now())  # no entry lies ahead of the clock, so its links open


def test_the_list_is_todays_and_is_made_once_a_day(small: Practice) -> None:
    for _ in range(2):
        demo.todays_list(small, at=now())
    assert len(visits_today(small, at=now())) == 8
    tomorrow = now() + timedelta(days=1)
    demo.todays_list(small, at=tomorrow)
    assert len(visits_today(small, at=tomorrow)) == 8


def test_a_real_practice_is_never_made_a_demo(practice: Practice) -> None:
    with pytest.raises(demo.NotADemo):
        demo.demo_practice(at=now(), say=lambda _: None)
    practice.refresh_from_db()
    assert not practice.is_demo


def test_the_whole_story_has_what_a_first_look_needs() -> None:
    words = demo.script()
    shots = [shot for course in words["courses"] for shot in course["shots"]]
    assert len(shots) >= 39
    assert sum(len(course["shots"]) >= 4 for course in words["courses"]) >= 3
    assert any(not shot["label"] for shot in shots)
    assert any(shot.get("restricted") for shot in shots)
    assert any("withdrawn" in row for row in words["patients"])
    assert any("advocate" in row for row in words["patients"])


def test_a_second_start_makes_nothing_again_and_brings_the_days_visits(small: Practice) -> None:
    before = [model.objects.count() for model in (Capture, Photo, Copy, Withdrawal)]
    said: list[str] = []
    at = now() + timedelta(days=3)
    assert demo.demo_practice(at=at, say=said.append) == small
    assert said == []
    assert [model.objects.count() for model in (Capture, Photo, Copy, Withdrawal)] == before
    assert len(visits_today(small, at=at)) == 8
