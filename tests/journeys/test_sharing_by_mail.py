"""A link by e-mail: a minute in which it can be undone, then one fixed sentence and the link."""

import re
import time
from collections.abc import Iterator
from email import message_from_bytes

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.sharing import NIL, OUT, QUESTION, Backstage, Given, Reader, share_by_mail
from tests.sharing.post import Post, post_office

pytestmark = pytest.mark.browser
SENDER = "post@wattle.invalid"
YES = {"referral": "yes"}


@pytest.fixture(scope="module")
def rows(practice: Practice) -> Iterator[Backstage]:
    """Rows made and looked at behind the scenes."""
    backstage = Backstage(practice.server)
    yield backstage
    backstage.stop()


@pytest.fixture(scope="module")
def post(practice: Practice) -> Iterator[Post]:
    """The practice's mail server, which its IT person set and tried."""
    with post_office() as running:
        _set_and_try(practice.desk("IT"), running)
        yield running


def _set_and_try(desk: Desk, post: Post) -> None:
    page = desk.page
    desk.go("/policy")
    page.get_by_role("link", name="Mail server").click()
    if "/step-up" in page.url:
        desk.confirm()
    page.get_by_label("Mail server").fill("127.0.0.1")
    page.get_by_label("Port").fill(str(post.port))
    page.get_by_label("None (this computer only)").check()
    page.get_by_label("Messages come from").fill(SENDER)
    desk.press("Keep these settings")
    page.get_by_label("Send a test message to").fill("ivy@wattle.invalid")
    desk.press("Send the test")
    expect(page.get_by_role("status")).to_have_text("The mail server took the message.")
    assert post.heads.pop() == (SENDER, ["ivy@wattle.invalid"])
    assert b"http" not in post.letters.pop()


def _came(desk: Desk, post: Post) -> None:
    limit = time.monotonic() + OUT / 1000
    while not post.letters:
        if time.monotonic() > limit:
            raise TimeoutError("No letter came.")
        desk.page.wait_for_timeout(200)


def test_in_its_minute_a_link_is_undone_and_after_it_only_the_sentence_and_the_link_arrive(
    practice: Practice, rows: Backstage, post: Post
) -> None:
    desk = practice.desk("GP")
    page = desk.page
    pat = practice.patient(desk)
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=YES)
    undone, _ = share_by_mail(desk, told["photos"])
    expect(page.get_by_role("heading", level=1)).to_contain_text("Not gone yet.")
    left = int(page.get_by_role("timer").locator("b").inner_text())
    assert 0 < left <= 60
    desk.press("Undo: send nothing")
    expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile("undone", re.I))
    desk.shot("s60-undone")

    path, pin = share_by_mail(desk, told["photos"])
    first, second = rows.ask("shares", patient=pat["id"])
    assert [row["state"] for row in (first, second)] == ["undone", "going"]
    assert [row["waits"] for row in (first, second)] == [60, 60]
    assert post.letters == []
    for row in (first, second):
        rows.ask("minute_over", release=row["id"])
    _came(desk, post)
    assert [row["state"] for row in rows.ask("shares", patient=pat["id"])] == ["undone", "out"]
    assert undone.endswith(first["id"])
    assert path.endswith(second["id"])

    assert post.heads == [(SENDER, ["dummy@journeys.invalid"])]
    link = _only_sentence_and_link(post, pin, pat["family"], desk.person["name"])
    _read_by_its_reader(practice, Given(path, link, pin))
    desk.go(path)
    expect(page.get_by_text("Opened 1 time")).to_be_visible()
    assert len(post.letters) == 1


def _only_sentence_and_link(post: Post, pin: str, *never: str) -> str:
    """The whole letter is the fixed sentence and the link; return the link."""
    (raw,) = post.letters
    letter = message_from_bytes(raw)
    body = letter.get_payload(decode=True)
    assert isinstance(body, bytes)
    words = body.decode().replace("\r\n", "\n")
    said = re.fullmatch(
        r"Wattle Lane Family Practice has sent you a secure item\.\n\n"
        r"Open it here: (http://localhost:\d+/s#[\w-]{43})\n",
        words,
    )
    assert said, words
    assert letter["Subject"] == "A secure item from Wattle Lane Family Practice"
    assert not letter.is_multipart()
    for word in (*never, "Pat ", NIL, QUESTION, "naevus"):
        assert word.lower().encode() not in raw.lower()
    assert pin.encode() not in body
    return said.group(1)


def _read_by_its_reader(practice: Practice, given: Given) -> None:
    context = practice.context(viewport={"width": 390, "height": 844})
    nil = Reader(context, practice.server.origin)
    nil.open(given)
    nil.sees(re.compile("^1 photo from"))
    assert nil.picture() > 1000
