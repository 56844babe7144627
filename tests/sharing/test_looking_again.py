"""Looking again: what was made to be looked at is set aside sealed, and never outlives its use."""

from datetime import timedelta
from typing import Any

import pytest

from safelight.people.models import Person
from safelight.photos.models import Photo, Rendition
from safelight.sharing import checking, confirming, drafting
from safelight.sharing.ending import sweep
from safelight.sharing.models import Clinician, Release, ReleasedPhoto
from safelight.sharing.releasing import let_go
from safelight.vault.blobs import BlobMissing
from safelight.vault.stores import store
from tests.conftest import NOON
from tests.sharing.letting import MINUTE, drafted, seen

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1, minutes=1)


@pytest.fixture
def draft(photo: Photo, nil: Clinician, ada: Person) -> Release:
    """A release whose one copy was looked at."""
    return drafted([photo], nil, ada)


def item_of(release: Release) -> ReleasedPhoto:
    return release.items.select_related("release__practice", "photo__patient__practice").get()


def stored(item: ReleasedPhoto) -> list[str]:
    return [name for name in item.blobs.values() if store().exists(name)]


def without_original(photo: Photo) -> None:
    """Take the original away, so that nothing can be made from it any more."""
    store().delete(Rendition.objects.get(photo=photo, kind=Rendition.Kind.ORIGINAL).blob)


def test_a_second_look_needs_no_making(draft: Release, photo: Photo, ada: Person) -> None:
    item = item_of(draft)
    first = drafting.preview(item, by=ada, at=NOON)
    without_original(photo)
    again = drafting.preview(item_of(draft), by=ada, at=NOON)
    assert (again.data, again.view, again.thumb) == (first.data, first.view, first.thumb)
    assert (again.removed, again.remains, again.how) == (first.removed, first.remains, first.how)
    assert not any(first.data[:200] in store().get(name) for name in item.blobs.values())


@pytest.mark.parametrize("what", ["file", "fingerprint"])
def test_what_was_tampered_with_is_made_anew(draft: Release, ada: Person, what: str) -> None:
    item = item_of(draft)
    changes: dict[str, dict[str, Any]] = {
        "file": {"blobs": {**item.blobs, "file": item.blobs["view"]}},
        "fingerprint": {"sha256": "0" * 64},
    }
    ReleasedPhoto.objects.filter(pk=item.pk).update(**changes[what])
    made = drafting.preview(item_of(draft), by=ada, at=NOON)
    assert (made.sha256, made.size) == (item.sha256, item.size)
    assert item_of(draft).sha256 == item.sha256


def test_another_crop_forgets_what_was_set_aside(draft: Release, photo: Photo, ada: Person) -> None:
    before = item_of(draft)
    assert len(stored(before)) == 3
    crop = {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5}
    drafting.set_crop_and_cover(before, crop=crop, shapes=[], by=ada, at=NOON)
    assert not any(store().exists(name) for name in before.blobs.values())
    after = drafting.preview(item_of(draft), by=ada, at=NOON)
    assert after.width < photo.width
    without_original(photo)
    assert drafting.preview(item_of(draft), by=ada, at=NOON).sha256 == after.sha256


def test_a_crop_set_while_a_copy_is_made_leaves_nothing_set_aside(
    draft: Release, ada: Person
) -> None:
    item = item_of(draft)
    crop = {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5}
    drafting.set_crop_and_cover(item_of(draft), crop=crop, shapes=[], by=ada, at=NOON)
    names = set(store().names())
    item.sha256 = ""
    drafting.preview(item, by=ada, at=NOON)
    assert set(store().names()) == names
    assert item_of(draft).sha256 == ""


def test_what_goes_is_made_anew_and_what_was_set_aside_is_gone(draft: Release, ada: Person) -> None:
    aside = item_of(draft)
    confirming.confirm(draft, seen=seen(draft), by=ada, at=NOON)
    let_go(NOON + MINUTE)
    out = item_of(draft)
    assert out.release.state == Release.State.OUT
    assert len(stored(out)) == 3
    assert not any(store().exists(name) for name in aside.blobs.values())


def test_without_its_original_nothing_leaves_though_it_was_looked_at(
    draft: Release, photo: Photo, ada: Person
) -> None:
    confirming.confirm(draft, seen=seen(draft), by=ada, at=NOON)
    without_original(photo)
    let_go(NOON + MINUTE)
    draft.refresh_from_db()
    assert draft.state != Release.State.OUT


@pytest.mark.parametrize("way", ["drop", "undo", "decline"])
def test_left_undone_or_declined_its_key_is_gone_at_once_and_its_bytes_after_a_day(
    photo: Photo, nil: Clinician, ada: Person, ben: Person, way: str
) -> None:
    use = "teaching" if way == "decline" else "referral"
    release = drafted([photo], nil, ada, use=use)
    if way == "drop":
        drafting.drop(release, by=ada, at=NOON)
    else:
        confirming.confirm(release, seen=seen(release), by=ada, at=NOON)
    if way == "undo":
        confirming.undo(release, by=ada, at=NOON)
    if way == "decline":
        Release.objects.filter(pk=release.pk).update(state=Release.State.WAITING_SECOND)
        checking.decline(release, reason="No", by=ben, at=NOON, stepped_up=True)
    item = item_of(release)
    assert bytes(item.wrapped_key) == b""
    assert len(stored(item)) == 3
    sweep(NOON + DAY)
    assert stored(item) == []


def test_a_draft_that_is_left_lying_keeps_nothing_after_a_day(draft: Release, ada: Person) -> None:
    before = item_of(draft)
    sweep(NOON + timedelta(hours=23))
    assert len(stored(before)) == 3
    sweep(NOON + DAY)
    assert stored(before) == []
    after = item_of(draft)
    assert (bytes(after.wrapped_key), after.blobs, after.sha256) == (b"", {}, before.sha256)
    with pytest.raises(BlobMissing):
        store().get(before.blobs["file"])
    assert drafting.preview(after, by=ada, at=NOON + DAY).sha256 == before.sha256
    confirming.confirm(draft, seen=seen(draft), by=ada, at=NOON)


@pytest.mark.parametrize("way", ["drop", "confirm"])
def test_a_copy_made_while_its_draft_moved_on_leaves_nothing_set_aside(
    draft: Release, ada: Person, way: str
) -> None:
    item = item_of(draft)
    if way == "drop":
        drafting.drop(draft, by=ada, at=NOON)
    else:
        confirming.confirm(draft, seen=seen(draft), by=ada, at=NOON)
    key, names = bytes(item_of(draft).wrapped_key), set(store().names())
    item.sha256 = ""
    drafting.preview(item, by=ada, at=NOON)
    assert bytes(item_of(draft).wrapped_key) == key
    assert set(store().names()) == names
