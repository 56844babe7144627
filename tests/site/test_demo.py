"""The demo practice: what its story promises is in the tables, by way of the real acts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from safelight.audit.checking import first_wrong
from safelight.consent.models import Withdrawal
from safelight.lib.clock import now
from safelight.patients.visits import visits_today
from safelight.photos.copies import outside_count, overdue_count
from safelight.photos.models import Capture, Copy, Photo
from safelight.policy.models import Practice
from safelight.site import demo
from safelight.vault import keyring


@pytest.fixture
def small(settings: Settings, tmp_path: Path, db: None) -> Iterator[Practice]:
    """The demo with one photo of each course, so that a test need not draw forty."""
    keyring.use(keyring.current())
    settings.SAFELIGHT_DATA = tmp_path / "data"
    words = demo.script()
    shown = {"pat": slice(0, 1), "vic": slice(-1, None), "ivy": slice(0, 1)}
    courses = [
        {**course, "shots": course["shots"][shown[course["patient"]]]}
        for course in words["courses"]
        if course["patient"] in shown
    ]
    prints = [{**row, "label": "Pigmented mark, first seen"} for row in words["prints"]]
    yield demo.make_demo(
        at=now(), say=lambda _: None, words={**words, "courses": courses, "prints": prints}
    )
    keyring.use(None)


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
