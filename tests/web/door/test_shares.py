"""The page a link leads to: what it shows to whom, what opens it, and what it counts."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from safelight.audit.models import Entry
from safelight.lib.clock import now
from safelight.people.models import Person
from safelight.photos.alarms import raise_alarm
from safelight.photos.clock import confirm_clock
from safelight.photos.models import Alarm, Photo
from safelight.sharing.models import Link, Opening, Release, Reply
from safelight.sharing.recalling import recall
from safelight.sharing.replying import see_replies
from tests.web.door.letting_out import QUESTION, Sent, let_out, opened

pytestmark = pytest.mark.django_db
JSON = "application/json"
BOTS = (
    "Twitterbot/1.0",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)",
    "Mozilla/5.0 (compatible; Microsoft-SafeLinks/1.0; SkypeUriPreview Preview/0.5)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; proofpoint-urldefense/2.0)",
)


def post(client: Client, path: str, **told: object) -> Any:
    return client.post(path, told, content_type=JSON)


def try_open(sent: Sent, client: Client | None = None, **told: object) -> Any:
    words = {"token": sent.token, "pin": sent.pin, "accepts": True, **told}
    return post(client or Client(), "/s/open", **words)


def test_ten_bots_and_scanners_open_nothing_and_count_nothing(sent: Sent) -> None:
    entries = Entry.objects.count()
    for bot in BOTS:
        client = Client(headers={"User-Agent": bot})
        for path in ("/s", f"/s?token={sent.token}", "/s/open", "/s/knock", "/s/closed"):
            for method in (client.get, client.head, client.options):
                status = method(path).status_code
                assert status == 405 or path not in ("/s/open", "/s/knock")
    assert sent.link().opens == 0
    assert not Opening.objects.exists()
    assert Entry.objects.count() == entries


def test_before_it_is_opened_the_page_knows_nobody(sent: Sent) -> None:
    answer = Client().get("/s")
    page = answer.content.decode()
    assert "<title>A secure item · Safelight</title>" in page
    assert 'name="robots" content="noindex' in page
    assert "og:" not in page
    for word in ("Testcase", "Pat", "Dummy", "Ada", "Wattle", QUESTION, sent.token):
        assert word not in page
    assert answer["Cache-Control"] == "no-store"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Robots-Tag"] == "noindex, nofollow"


def test_knocking_names_the_practice_and_nobody_else_and_counts_nothing(sent: Sent) -> None:
    entries = Entry.objects.count()
    answer = post(Client(), "/s/knock", token=sent.token)
    said = answer.json()
    assert said["practice"] == "Wattle Lane Family Practice"
    assert said["needs_pin"] is True
    assert set(said) == {"practice", "contact", "needs_pin", "terms", "until", "zone"}
    for word in ("Testcase", "Dummy", "Specimen", QUESTION):
        assert word not in answer.content.decode()
    assert sent.link().opens == 0
    assert Entry.objects.count() == entries


def test_opening_counts_once_and_is_in_the_log(sent: Sent) -> None:
    _, place = opened(sent)
    link = sent.link()
    assert link.opens == 1
    assert link.terms_accepted_at is not None
    assert Entry.objects.filter(action="share.opened").count() == 1
    assert sent.token not in place


def test_the_session_lies_in_a_cookie_that_only_its_own_pages_get(sent: Sent) -> None:
    client, place = opened(sent)
    cookie = client.cookies["share"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert cookie["path"] == place
    assert place.startswith("/s/")
    assert cookie["max-age"] == 1800
    assert cookie.value not in place
    raw = bytes(Opening.objects.get().session_hash)
    assert cookie.value.encode() not in raw


def test_under_https_the_cookie_is_secure_by_its_name(sent: Sent, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    client, _ = opened(sent)
    assert client.cookies["__Secure-share"]["secure"]


def test_a_wrong_pin_counts_down_and_the_fifth_closes_the_link(sent: Sent) -> None:
    wrong = "000000" if sent.pin != "000000" else "111111"
    for left in ("4 tries are left", "3 tries are left", "2 tries are left", "1 try is left"):
        answer = try_open(sent, pin=wrong)
        assert answer.status_code == 403
        assert left in answer.json()["remedy"]
    assert "the link is closed" in try_open(sent, pin=wrong).json()["remedy"]
    assert try_open(sent).json()["code"] == "link_closed"
    assert sent.link().opens == 0
    sent.release.refresh_from_db()
    assert sent.release.end_why == "pin"


def test_a_right_pin_takes_no_try(sent: Sent) -> None:
    for _ in range(3):
        opened(sent)
    assert sent.link().pin_tries == 0


def test_nothing_opens_before_the_terms_are_accepted(sent: Sent) -> None:
    for told in (False, None, "true", 1):
        assert try_open(sent, accepts=told).json()["code"] == "terms_first"
    assert sent.link().opens == 0


def test_what_is_not_understood_opens_nothing(sent: Sent) -> None:
    for body in ("", "[]", "{", '{"token": 7}', '"x"'):
        answer = Client().post("/s/open", body, content_type=JSON)
        assert answer.status_code == 400
    assert sent.link().opens == 0


def spent(sent: Sent, ada: Person) -> None:
    Link.objects.filter(release=sent.release).update(opens=5)


def expired(sent: Sent, ada: Person) -> None:
    Release.objects.filter(pk=sent.release.pk).update(ends_at=now() - timedelta(seconds=1))


def recalled(sent: Sent, ada: Person) -> None:
    recall(sent.release, reason="Wrong doctor", by=ada, at=now())


def sender_left(sent: Sent, ada: Person) -> None:
    Person.objects.filter(pk=ada.pk).update(left_at=now())


@pytest.mark.parametrize("end", [spent, expired, recalled, sender_left])
def test_whatever_closed_a_link_it_looks_like_one_that_never_was(
    sent: Sent, ada: Person, end: Callable[[Sent, Person], None]
) -> None:
    never = {
        path: post(Client(), path, token="x" * 43, pin="123456", accepts=True)
        for path in ("/s/knock", "/s/open")
    }
    end(sent, ada)
    for path, unknown in never.items():
        answer = post(Client(), path, token=sent.token, pin=sent.pin, accepts=True)
        assert answer.status_code == unknown.status_code == 404
        assert answer.content == unknown.content
        assert dict(answer.headers) == dict(unknown.headers)


def test_the_page_says_from_whom_for_whom_why_and_until_when(sent: Sent) -> None:
    client, place = opened(sent)
    page = re.sub(r"\s+", " ", client.get(place).content.decode())
    assert "2 photos from Dr Ada Specimen, Wattle Lane Family Practice." in page
    assert "For Dr Nil Dummy" in page
    assert "TESTCASE, Pat" in page
    assert QUESTION in page
    assert "The patient agreed to this use. Please use them for nothing else." in page
    assert "Photo 1 of 2." in page
    assert "4 more openings" in page
    assert "Your name and the time are in each picture." in page
    assert "Save photo" not in page
    second = client.get(f"{place}/{sent.items[1].pk}").content.decode()
    assert "Photo 2 of 2." in second
    assert page.count('aria-current="true"') == second.count('aria-current="true"') == 1


def test_looking_again_and_at_another_photo_counts_no_opening(sent: Sent) -> None:
    client, place = opened(sent)
    for _ in range(3):
        client.get(place)
        client.get(f"{place}/{sent.items[1].pk}")
        assert client.get(f"{place}/still").status_code == 204
    assert sent.link().opens == 1


def test_no_address_or_name_of_a_file_tells_who_it_is(sent: Sent) -> None:
    client, place = opened(sent)
    page = client.get(place).content.decode()
    for address in re.findall(r'(?:href|src|action)="([^"]+)"', page):
        assert not re.search(r"testcase|pat\b|dummy", address, re.I)
    answer = client.get(f"{place}/{sent.items[0].pk}/view")
    assert answer["Content-Disposition"] == 'inline; filename="photo-1.jpg"'


def test_a_hidden_name_is_not_on_the_page(sent: Sent) -> None:
    Release.objects.filter(pk=sent.release.pk).update(name_hidden=True)
    client, place = opened(sent)
    page = client.get(place).content.decode()
    assert "a patient whose name is hidden" in page
    assert "Testcase" not in page
    assert "TESTCASE" not in page


def test_a_link_that_may_be_saved_from_offers_the_file(photos: list[Photo], ada: Person) -> None:
    sent = let_out(photos, by=ada, view_only=False)
    client, place = opened(sent)
    page = client.get(place).content.decode()
    assert "Save photo 1" in page
    assert "Your name and the time" not in page
    answer = client.get(f"{place}/{sent.items[0].pk}/file")
    assert answer["Content-Disposition"] == 'attachment; filename="photo-1.jpg"'
    assert answer["Content-Type"] == "image/jpeg"


def test_the_patient_reads_a_page_of_their_own_and_may_save(
    photos: list[Photo], ada: Person
) -> None:
    sent = let_out(photos, by=ada, use="patient_copy", question="Here is the photo of today.")
    client, place = opened(sent)
    page = client.get(place).content.decode()
    assert "Your 2 photos from Wattle Lane Family Practice." in page
    assert "Dr Ada Specimen writes" in page
    assert "Save photo 1" in page
    assert "Your answer" not in page
    saved = client.get(f"{place}/{sent.items[0].pk}/file")
    assert saved.status_code == 200


def test_an_answer_reaches_the_sender_once(sent: Sent, ada: Person) -> None:
    client, place = opened(sent)
    for _ in range(2):
        answer = client.post(f"{place}/reply", {"words": "Benign. <b>No</b> biopsy."})
        assert answer.status_code == 302
        assert answer["Location"].startswith(place)
    (kept,) = see_replies(sent.release, by=ada, at=now())
    assert kept.words == "Benign. <b>No</b> biopsy."
    assert "Benign. &lt;b&gt;No&lt;/b&gt; biopsy." in client.get(place).content.decode()


def test_an_empty_answer_is_refused_in_words_with_a_way_back(sent: Sent) -> None:
    client, place = opened(sent)
    answer = client.post(f"{place}/reply", {"words": " "})
    assert answer.status_code == 400
    assert "Nothing was sent: there were no words." in answer.content.decode()
    assert f'href="{place}"' in answer.content.decode()
    long = client.post(f"{place}/reply", {"words": "x" * 4001})
    assert "room for 4,000 characters; this has 4,001." in long.content.decode()
    assert not Reply.objects.exists()


def test_what_they_filed_or_destroyed_reaches_the_sender_in_fixed_words(
    photos: list[Photo], ada: Person
) -> None:
    sent = let_out(photos, by=ada, view_only=False)
    client, place = opened(sent)
    for said in ("filed", "destroyed"):
        assert client.post(f"{place}/reply", {"said": said}).status_code == 302
    words = [row.words for row in see_replies(sent.release, by=ada, at=now())]
    assert words == [
        "We have filed these photos in our own record.",
        "We have destroyed what we saved of these photos.",
    ]


@pytest.mark.parametrize("path", ["/s/knock", "/s/open"])
def test_no_other_site_can_press_the_button(sent: Sent, path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    assert try_open(sent, client).status_code == 403
    answer = client.post(path, {"token": sent.token}, content_type=JSON)
    assert answer.status_code == 403
    assert sent.link().opens == 0


def test_no_other_site_can_answer(sent: Sent) -> None:
    client, place = opened(sent, Client())
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    assert strict.post(f"{place}/reply", {"words": "x"}).status_code == 403
    assert not Reply.objects.exists()


def test_the_eleventh_wrong_link_in_a_minute_from_one_address_is_refused(sent: Sent) -> None:
    client = Client()
    for _ in range(10):
        assert post(client, "/s/knock", token="y" * 43).status_code == 404
    assert post(client, "/s/knock", token=sent.token).status_code == 429
    assert try_open(sent, client).status_code == 429
    assert sent.link().opens == 0


def test_right_links_are_not_held_against_an_address(sent: Sent) -> None:
    client = Client()
    for _ in range(12):
        assert post(client, "/s/knock", token=sent.token).status_code == 200


def test_the_answers_of_one_opening_are_limited(sent: Sent) -> None:
    client, place = opened(sent)
    for number in range(10):
        assert client.post(f"{place}/reply", {"words": f"{number}"}).status_code == 302
    assert client.post(f"{place}/reply", {"words": "more"}).status_code == 429
    assert Reply.objects.count() == 10


def test_a_last_opening_stays_open_and_another_is_refused(photos: list[Photo], ada: Person) -> None:
    sent = let_out(photos, by=ada, open_limit=1)
    client, place = opened(sent)
    assert "This is the last one" in client.get(place).content.decode()
    assert try_open(sent).json()["code"] == "link_closed"
    assert client.get(place).status_code == 200


def test_while_the_clock_is_in_doubt_every_link_says_not_now(sent: Sent, mo: Person) -> None:
    client, place = opened(sent)
    opens, entries = sent.link().opens, Entry.objects.count()
    raise_alarm(Alarm.Kind.CLOCK, practice=None, about="server:clock", at=now())
    for token in (sent.token, "no such token"):
        for path in ("/s/knock", "/s/open"):
            answer = post(Client(), path, token=token, pin=sent.pin, accepts=True)
            assert (answer.status_code, answer.json()["code"]) == (503, "not_now")
    picture = f"{place}/{sent.items[0].pk}/view"
    for path in (place, f"{place}/still", picture):
        answer = client.get(path)
        assert answer.status_code == 503
        assert "Not now." in answer.content.decode()
    assert client.post(f"{place}/reply", {"words": "Thank you"}).status_code == 503
    assert (sent.link().opens, Entry.objects.count()) == (opens, entries + 1)  # the alarm's own
    confirm_clock(by=mo, at=now())
    assert client.get(picture).status_code == 200
