"""The access matrix of a share's bytes: every kind, every session, every end, nothing beside."""

import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.db.models import Model
from django.db.models.signals import post_init
from django.test import Client
from django.test.utils import CaptureQueriesContext

from safelight.audit.models import Entry
from safelight.consent.models import Consent
from safelight.consent.withdrawing import withdraw_consent
from safelight.lib.clock import now
from safelight.patients.models import Patient
from safelight.people.limits import RATES
from safelight.people.models import Limit, Person
from safelight.photos.darkroom import decoder
from safelight.photos.models import Photo
from safelight.photos.moving import move_photo
from safelight.sharing.gate import stamp_words
from safelight.sharing.models import Opening, Release, ReleasedPhoto
from safelight.sharing.opening import LinkClosed, knock
from safelight.sharing.recalling import recall
from safelight.sharing.sealed import opened as unsealed
from tests.web.door.letting_out import Sent, let_out, opened

pytestmark = pytest.mark.django_db
SHOWN = ("thumb", "view", "full")
NEVER = (
    "original",
    "metadata",
    "meta",
    "capsule",
    "audit",
    "print",
    "ghost",
    "removed",
    "package",
    "file",
)
"""What a link for looking only has no address for, in whatever words it is asked."""


def closed_page() -> bytes:
    answer = Client().get("/s/closed")
    assert answer.status_code == 410
    body: bytes = answer.content
    return body


def require_closed(client: Client, path: str) -> None:
    """The answer is the one closed page: same status, same bytes, same headers."""
    answer = client.get(path)
    assert answer.status_code == 410, path
    assert answer.content == closed_page()
    assert dict(answer.headers) == dict(Client().get("/s/closed").headers)


def every_path(place: str, item: UUID) -> list[str]:
    return [place, f"{place}/still", f"{place}/{item}"] + [
        f"{place}/{item}/{kind}" for kind in (*SHOWN, *NEVER)
    ]


def test_a_session_gets_each_picture_of_its_own_link(sent: Sent) -> None:
    client, place = opened(sent)
    for item, kind in product(sent.items, SHOWN):
        answer = client.get(f"{place}/{item.pk}/{kind}")
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/jpeg"
        assert answer["Cache-Control"] == "no-store"
        assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer["X-Content-Type-Options"] == "nosniff"


def test_looking_only_means_no_file_no_original_no_metadata(sent: Sent) -> None:
    client, place = opened(sent)
    for kind in NEVER:
        require_closed(client, f"{place}/{sent.items[0].pk}/{kind}")


def test_saving_means_the_very_file_that_was_looked_at_and_still_no_original(
    photos: list[Photo], ada: Person
) -> None:
    sent = let_out(photos[:1], by=ada, view_only=False)
    client, place = opened(sent)
    for kind in NEVER[:-1]:
        require_closed(client, f"{place}/{sent.items[0].pk}/{kind}")
    answer = client.get(f"{place}/{sent.items[0].pk}/file")
    assert answer.content == unsealed(sent.items[0], "file")
    original = f"{place}/{photos[0].pk}"
    require_closed(client, f"{original}/file")  # a photo's own number opens nothing
    require_closed(client, f"{original}/view")


def test_who_looks_and_when_is_in_the_pixels_of_every_picture(sent: Sent) -> None:
    client, place = opened(sent)
    item = sent.items[0]
    for kind in SHOWN:
        before = now()
        shown = client.get(f"{place}/{item.pk}/{kind}").content
        bare = unsealed(item, "file" if kind == "full" else kind)
        told = {stamp_words(sent.release, at) for at in (before, now())}
        assert all(words.startswith("Dr Nil Dummy · ") for words, _ in told)
        stamped = [decoder().stamped(bare, words=words, instead=other) for words, other in told]
        assert shown in stamped
        assert shown != decoder().full(bare)
        assert shown != bare


@pytest.mark.parametrize("kind", [*SHOWN, "file"])
def test_a_range_is_never_answered(photos: list[Photo], ada: Person, kind: str) -> None:
    sent = let_out(photos[:1], by=ada, view_only=False)
    client, place = opened(sent)
    for asked in ("bytes=0-99", "bytes=100-", "bytes=-50", "bytes=0-0,5-9", "bytes=9999999-", "x"):
        answer = client.get(f"{place}/{sent.items[0].pk}/{kind}", headers={"Range": asked})
        assert answer.status_code == 200
        assert "Content-Range" not in answer
        assert answer["Accept-Ranges"] == "none"
        assert answer.content[:2] == b"\xff\xd8"
        assert answer.content[-2:] == b"\xff\xd9"


def test_only_a_plain_get_is_answered(sent: Sent) -> None:
    client, place = opened(sent)
    entries = Entry.objects.count()
    for kind, method in product(SHOWN, ("head", "post", "put", "delete", "options", "patch")):
        answer = getattr(client, method)(f"{place}/{sent.items[0].pk}/{kind}")
        assert answer.status_code == 405
        assert answer.content == b""
    assert Entry.objects.count() == entries


def test_another_links_session_gets_nothing_of_this_one(
    sent: Sent, photos: list[Photo], ada: Person
) -> None:
    other = let_out(photos[:1], by=ada)
    client, place = opened(other)
    own = other.items[0].pk
    assert client.get(f"{place}/{own}/view").status_code == 200
    for item in sent.items:
        for path in every_path(place, item.pk)[2:]:
            require_closed(client, path)


def test_no_session_gets_nothing(sent: Sent) -> None:
    _, place = opened(sent)
    row = Opening.objects.get()
    known = (sent.token, bytes(row.session_hash).hex(), str(row.pk), str(sent.release.pk))
    for cookie in ("", "x", "x" * 43, "0" * 10_000, *known):
        client = Client()
        client.cookies["share"] = cookie
        for path in every_path(place, sent.items[0].pk):
            require_closed(client, path)


def test_a_photo_that_is_in_no_link_is_closed_too(sent: Sent) -> None:
    client, place = opened(sent)
    for item in (uuid4(), sent.release.pk, sent.items[0].photo_id):
        require_closed(client, f"{place}/{item}/view")


def test_signing_in_at_the_desk_opens_no_link(
    sent: Sent, ada: Person, at_desk: Callable[[Person], Client]
) -> None:
    require_closed(at_desk(ada), f"/s/o/abc/{sent.items[0].pk}/view")


def recalled(sent: Sent, ada: Person, yes: Consent, quinn: Patient) -> None:
    recall(sent.release, reason="Wrong doctor", by=ada, at=now())


def expired(sent: Sent, ada: Person, yes: Consent, quinn: Patient) -> None:
    Release.objects.filter(pk=sent.release.pk).update(ends_at=now() - timedelta(seconds=1))


def withdrawn(sent: Sent, ada: Person, yes: Consent, quinn: Patient) -> None:
    withdraw_consent(yes, said_by="Pat", use="referral", by=ada, at=now())


def all_withdrawn(sent: Sent, ada: Person, yes: Consent, quinn: Patient) -> None:
    withdraw_consent(yes, said_by="Pat", by=ada, at=now())


def session_over(sent: Sent, ada: Person, yes: Consent, quinn: Patient) -> None:
    Opening.objects.update(ends_at=now() - timedelta(seconds=1))


def sender_left(sent: Sent, ada: Person, yes: Consent, quinn: Patient) -> None:
    Person.objects.filter(pk=ada.pk).update(left_at=now())


def sender_shut_out(sent: Sent, ada: Person, yes: Consent, quinn: Patient) -> None:
    Person.objects.filter(pk=ada.pk).update(is_active=False)


def wrong_pins(sent: Sent, ada: Person, yes: Consent, quinn: Patient) -> None:
    for _ in range(5):
        told = {"token": sent.token, "pin": "x", "accepts": True}
        Client().post("/s/open", told, content_type="application/json")


ENDS = (
    recalled,
    expired,
    withdrawn,
    all_withdrawn,
    session_over,
    sender_left,
    sender_shut_out,
    wrong_pins,
)


@pytest.mark.parametrize("end", ENDS)
def test_after_any_end_nothing_of_it_is_left_for_an_open_session(
    sent: Sent, ada: Person, yes: Consent, quinn: Patient, end: Callable[..., None]
) -> None:
    client, place = opened(sent)
    item = sent.items[0].pk
    assert client.get(f"{place}/{item}/view").status_code == 200
    end(sent, ada, yes, quinn)
    entries = Entry.objects.count()
    for path in every_path(place, item):
        require_closed(client, path)
    assert client.post(f"{place}/reply", {"words": "x"}).content == closed_page()
    assert Entry.objects.count() == entries


def test_a_photo_moved_to_another_record_is_gone_from_the_link(
    sent: Sent, ada: Person, quinn: Patient, photos: list[Photo]
) -> None:
    client, place = opened(sent)
    move_photo(photos[0], to=quinn, reason="Wrong patient", by=ada, at=now())
    item = ReleasedPhoto.objects.get(release=sent.release, photo=photos[0])
    for kind in SHOWN:
        require_closed(client, f"{place}/{item.pk}/{kind}")


def test_used_up_means_no_new_opening(photos: list[Photo], ada: Person) -> None:
    sent = let_out(photos[:1], by=ada, open_limit=1)
    opened(sent)
    told = {"token": sent.token, "pin": sent.pin, "accepts": True}
    answer = Client().post("/s/open", told, content_type="application/json")
    assert answer.json()["code"] == "link_closed"


def test_each_look_is_in_the_log_before_it_is_had(sent: Sent) -> None:
    client, place = opened(sent)
    item = sent.items[0]
    for kind in ("view", "full", "view"):
        client.get(f"{place}/{item.pk}/{kind}")
    rows = Entry.objects.filter(action="share.photo_opened", object=f"photo:{item.photo_id}")
    assert rows.count() == 3


def test_an_opening_that_fetches_without_end_is_stopped(sent: Sent) -> None:
    client, place = opened(sent)
    path = f"{place}/{sent.items[0].pk}/thumb"
    assert client.get(path).status_code == 200
    Limit.objects.filter(count=1).update(count=RATES["share.bytes"].most)
    assert client.get(path).status_code == 429


def test_an_unknown_token_and_a_closed_one_take_the_same_work(sent: Sent, ada: Person) -> None:
    recall(sent.release, reason="Wrong doctor", by=ada, at=now())
    asked, loaded = {}, []

    def note(sender: type[Model], **_: object) -> None:
        loaded.append(sender)

    post_init.connect(note)
    for name, token in (("unknown", "z" * 43), ("closed", sent.token)):
        with CaptureQueriesContext(connection) as queries, pytest.raises(LinkClosed):
            knock(token, at=now())
        asked[name] = [query["sql"].split("WHERE")[0] for query in queries]
    post_init.disconnect(note)
    assert asked["unknown"] == asked["closed"]
    assert loaded == []  # no row is brought of either, so neither takes longer

    took: dict[str, list[float]] = {"z" * 43: [], sent.token: []}
    for _ in range(150):
        for token, times in took.items():
            begun = time.perf_counter()
            with pytest.raises(LinkClosed):
                knock(token, at=now())
            times.append(time.perf_counter() - begun)
    unknown, closed = (statistics.median(times) for times in took.values())
    assert 0.6 < unknown / closed < 1.7, (unknown, closed)
