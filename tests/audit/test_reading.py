"""Reading the log: by patient, by thing, newest first, page by page, one practice only."""

import pytest

from safelight.audit import reading
from safelight.audit.actions import ACTIONS, SIGHTS, words_for
from tests.audit.conftest import ELSEWHERE, HERE, PATIENT, Write

pytestmark = pytest.mark.django_db

PHOTO = "photo:01980000-0000-7000-8000-0000000000b1"


def places(page: reading.Page) -> list[int]:
    return [entry.n for entry in page.entries]


def test_a_patient_sees_who_saw_their_photos_and_nobody_elses(write: Write) -> None:
    write("photo.viewed", patient=PATIENT)
    write("photo.labelled", patient=PATIENT)
    write("photo.viewed")
    write("photo.thumbnails_viewed", patient=PATIENT)
    write("photo.viewed", patient=PATIENT, practice=ELSEWHERE)
    assert places(reading.views_of_patient(HERE, PATIENT)) == [3, 0]
    assert places(reading.of_patient(HERE, PATIENT)) == [3, 1, 0]


def test_a_thing_has_its_history(write: Write) -> None:
    write("photo.filed", of=PHOTO)
    write("photo.filed", of=PHOTO.replace("b1", "b2"))
    write("photo.viewed", of=PHOTO)
    write("photo.viewed", of=PHOTO, practice=ELSEWHERE)
    assert places(reading.of_object(HERE, PHOTO)) == [2, 0]


def test_pages_follow_each_other_without_gap_or_double(write: Write) -> None:
    for _ in range(7):
        write()
    seen = []
    before = None
    for _ in range(4):
        page = reading.newest(HERE, before=before, limit=2)
        seen += places(page)
        before = page.before
    assert seen == [6, 5, 4, 3, 2, 1, 0]
    assert before is None


def test_a_full_last_page_says_that_it_is_the_last(write: Write) -> None:
    write()
    write()
    assert reading.newest(HERE, limit=2).before is None


def test_a_log_without_entries_has_an_empty_page() -> None:
    assert reading.newest(HERE) == reading.Page([], None)
    assert reading.size(HERE) == 0


def test_every_act_has_words_that_can_stand_after_a_name(write: Write) -> None:
    for action, words in ACTIONS.items():
        write(action)
        assert words == words.strip().rstrip(".!")
        assert words[0].islower()
        assert words_for(action) == words


def test_every_sight_is_an_act_the_log_knows() -> None:
    assert set(ACTIONS) >= SIGHTS


def test_an_act_of_a_newer_release_shows_its_code() -> None:
    assert words_for("photo.dreamt") == "photo.dreamt"
