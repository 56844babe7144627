"""Letting photos out and getting them back: a specialist, a wrong one, a second thought."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.sharing import NIL, OWN_COPY, QUESTION, Backstage, Reader, begin, share

pytestmark = pytest.mark.browser

BOTS = (
    "Twitterbot/1.0",
    "facebookexternalhit/1.1",
    "Slackbot-LinkExpanding 1.0",
    "WhatsApp/2.23.20.0",
    "TelegramBot (like TwitterBot)",
    "Mozilla/5.0 (compatible; Discordbot/2.0)",
    "LinkedInBot/1.0",
    "Mozilla/5.0 (compatible; SkypeUriPreview Preview/0.5)",
    "Mozilla/5.0 (compatible; Googlebot/2.1)",
    "Mozilla/5.0 (compatible; proofpoint-urldefense/2.0)",
)
YES = {"referral": "yes"}


@pytest.fixture(scope="module")
def rows(practice: Practice) -> Iterator[Backstage]:
    """Rows made and looked at behind the scenes."""
    backstage = Backstage(practice.server)
    yield backstage
    backstage.stop()


@pytest.fixture(scope="module")
def desk(practice: Practice) -> Desk:
    """A doctor's desk."""
    return practice.desk("GP")


def reader(practice: Practice) -> Reader:
    """Somebody outside, in a browser of their own."""
    context = practice.context(
        viewport={"width": 1280, "height": 900}, timezone_id="Australia/Perth"
    )
    return Reader(context, practice.server.origin)


def test_a_specialist_is_asked_and_answers(practice: Practice, desk: Desk, rows: Backstage) -> None:
    pat = practice.patient(desk)
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=YES, count=2)
    given = share(desk, told["photos"])
    (out,) = rows.ask("shares", patient=pat["id"])
    assert (out["state"], out["opens"], out["lit"]) == ("out", 0, 2)

    nil = reader(practice)
    nil.open(given)
    nil.sees(f"2 photos from {desk.person['name']}, Wattle Lane Family Practice.")
    page = nil.page
    assert "#" not in page.url
    expect(page.get_by_text(QUESTION)).to_be_visible()
    expect(page.locator("figcaption")).to_contain_text("Photo 1 of 2.")
    assert nil.picture() > 1000
    nil.shot("s22-photos")
    page.get_by_role("navigation", name="Photos").get_by_role("link").nth(1).click()
    expect(page.locator("figcaption")).to_contain_text("Photo 2 of 2.")
    page.get_by_role("link", name="Look at photo 2 at actual size").click()
    large = page.get_by_role("dialog").locator("img")
    assert large.evaluate("(it) => it.decode().then(() => it.naturalWidth)") == 1600
    page.get_by_role("button", name="Close").click()
    page.get_by_label("What you think").fill("Benign. See it again in a year.")
    page.get_by_role("button", name=re.compile("^Send my answer")).click()
    expect(page.locator("#answers .history")).to_contain_text("Benign. See it again in a year.")
    nil.shot("s23-answered")
    (out,) = rows.ask("shares", patient=pat["id"])
    assert out["opens"] == out["openings"] == 1

    desk.go(given.path)
    expect(desk.page.get_by_text("1 reply nobody has read.")).to_be_visible()
    expect(desk.page.get_by_text("Opened 1 time")).to_be_visible()
    desk.shot("s30-share")
    desk.press("Read it")
    expect(desk.page.get_by_text("Benign. See it again in a year.")).to_be_visible()
    actions = practice.server.ask("actions", patient=pat["id"])
    assert actions.count("share.opened") == 1
    assert {"share.photo_opened", "share.replied", "share.reply_seen"} <= set(actions)


def test_a_no_to_teaching_is_refused_and_a_yes_mends_it(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    pat = practice.patient(desk)
    uses = {**YES, "teaching": "no"}
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=uses)
    begin(desk, told["photos"], use="Teaching our staff and students")
    refused = desk.page.get_by_role("alert").first
    expect(refused).to_contain_text(re.compile("Not shared.*said no to teaching"))
    desk.shot("s40-refused")
    asked_at = desk.page.url
    expect(desk.page.get_by_role("link", name="Ask Pat now")).to_be_visible()
    (draft,) = rows.ask("shares", patient=pat["id"])
    assert (draft["state"], draft["lit"]) == ("draft", 0)
    assert "share.refused" in practice.server.ask("actions", patient=pat["id"])

    desk.page.get_by_role("link", name="Ask Pat now").click()
    expect(desk.page).to_have_url(re.compile(f"/patients/{pat['id']}/consent/new"))
    rows.ask("agreed", patient=pat["id"], gp=desk.person["id"], uses={**YES, "teaching": "yes"})
    desk.page.goto(asked_at)
    expect(desk.page.get_by_text("said no to teaching")).to_have_count(0)
    desk.page.get_by_label("The patient’s own consent").check(force=True)
    desk.press("This is the reason")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Who gets")


def test_a_wrong_recipient_is_stopped_before_and_after_opening(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    pat = practice.patient(desk)
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=YES)
    before = share(desk, told["photos"], to="Dr Wrong Person")
    _stop(desk, before.path)
    expect(desk.page.get_by_text("Nobody had opened it.")).to_be_visible()
    wrong = reader(practice)
    wrong.watch.expected.update({"404", "410"})
    wrong.go(before)
    wrong.page.get_by_role("button", name="See who sent it").click()
    wrong.sees_nothing()
    wrong.shot("s24-closed")

    after = share(desk, told["photos"], to="Dr Wrong Person")
    wrong.open(after)
    wrong.sees(re.compile("^1 photo from"))
    assert wrong.picture() > 1000
    _stop(desk, after.path)
    expect(desk.page.get_by_text("Dr Wrong Person had opened it 1 time.")).to_be_visible()
    wrong.sees_nothing()  # by itself, without a click
    wrong.page.go_back()
    wrong.sees_nothing()
    first, second = rows.ask("shares", patient=pat["id"])
    assert (first["state"], first["opens"], first["lit"]) == ("recalled", 0, 0)
    assert (second["state"], second["opens"], second["lit"]) == ("recalled", 1, 0)


def _stop(desk: Desk, path: str) -> None:
    desk.go(path)
    desk.page.get_by_role("link", name="Stop it now").click()
    desk.page.get_by_label("Why, if you know").fill("Wrong doctor")
    desk.press("Stop it now")
    expect(desk.page.get_by_role("heading", level=1)).to_contain_text("Stopped.")


def test_a_yes_taken_back_closes_the_page_that_is_open(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    pat = practice.patient(desk)
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=YES)
    given = share(desk, told["photos"])
    nil = reader(practice)
    nil.watch.expected.update({"404", "410"})
    nil.open(given)
    nil.sees(re.compile("^1 photo from"))
    address = nil.page.locator("figure.shown img").get_attribute("src")
    desk.go(f"/consents/{told['consent']}/withdraw")
    desk.page.get_by_label("A specialist, about this").check()
    desk.page.get_by_label("Who said so, and how").fill("Pat, by telephone")
    desk.press("Take it back")
    nil.sees_nothing()
    answer = nil.page.goto(f"{practice.server.origin}{address}")
    assert answer is not None
    assert answer.status == 410
    nil.go(given)
    nil.page.get_by_role("button", name="See who sent it").click()
    nil.sees_nothing()
    (share_row,) = rows.ask("shares", patient=pat["id"])
    assert (share_row["state"], share_row["why"], share_row["lit"]) == ("ended", "withdrawn", 0)


def test_the_patient_takes_a_copy_of_their_own_home(
    practice: Practice, desk: Desk, rows: Backstage, tmp_path: Path
) -> None:
    pat = practice.patient(desk)
    uses = {"patient_copy": "yes"}
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=uses)
    given = share(desk, told["photos"], to="Pat", use=OWN_COPY)
    home = reader(practice)
    home.open(given)
    home.sees("Your photo from Wattle Lane Family Practice.")
    assert home.picture() > 1000
    home.shot("s26-own-copy")
    with home.page.expect_download() as coming:
        home.page.get_by_role("link", name="Save photo 1").click()
    assert coming.value.suggested_filename == "photo-1.jpg"
    coming.value.save_as(tmp_path / "photo-1.jpg")
    assert (tmp_path / "photo-1.jpg").read_bytes()[:2] == b"\xff\xd8"
    desk.open_photo(pat)
    expect(desk.page.locator(".ledger")).to_contain_text("Saved by the patient: theirs to keep")
    desk.shot("s53-ledger")


def test_two_links_stay_apart_in_one_browser(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    given = []
    for name in ("Quinn", "Pat"):
        patient = practice.patient(desk, name)
        told = rows.ask("photographed", patient=patient["id"], gp=desk.person["id"], uses=YES)
        given.append((patient, share(desk, told["photos"])))
    nil = reader(practice)
    nil.open(given[0][1])
    nil.sees(re.compile("^1 photo from"))
    second = nil.other_tab()
    second.open(given[1][1])
    second.sees(re.compile("^1 photo from"))
    for who, (patient, _) in zip((nil, second), given, strict=True):
        who.page.reload()
        expect(who.page.locator("header")).to_contain_text(patient["family"], ignore_case=True)
        assert who.picture() > 1000


def test_ten_preview_bots_and_a_browser_that_only_looks_open_nothing(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    pat = practice.patient(desk)
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=YES)
    given = share(desk, told["photos"])
    entries = rows.ask("entries")
    for agent in BOTS:
        context = practice.browser.new_context(user_agent=agent)
        bot = Reader(context, practice.server.origin)
        bot.page.goto(given.link)
        bot.page.wait_for_load_state("networkidle")
        page = bot.page.content()
        for word in (pat["family"], NIL, desk.person["name"], "Wattle Lane", "og:"):
            assert word.lower() not in page.lower()
        head = context.request.head(given.link)
        assert head.ok
        assert not head.body()
        for path in ("/s/open", "/s/knock"):
            assert context.request.get(practice.server.origin + path).status == 405
        expect(bot.page.get_by_text("This needs JavaScript")).to_be_hidden()
        assert {cookie.get("name") for cookie in context.cookies()} <= {"csrf"}
        context.close()
    assert rows.ask("entries") == entries
    (out,) = rows.ask("shares", patient=pat["id"])
    assert (out["opens"], out["openings"]) == (0, 0)
    nobody = practice.browser.new_context(java_script_enabled=False)
    bare = nobody.new_page()
    bare.goto(given.link)
    expect(bare.get_by_text("This needs JavaScript")).to_be_visible()
    expect(bare.get_by_role("button")).to_have_count(0)
    nobody.close()


def test_a_wrong_pin_counts_down_and_closes_the_link(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    pat = practice.patient(desk)
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=YES)
    given = share(desk, told["photos"])
    nil = reader(practice)
    nil.watch.expected.update({"403", "404", "410"})
    nil.open(given, pin="000000" if given.pin != "000000" else "111111")
    press = nil.page.get_by_role("button", name="Open", exact=True)
    for left in ("4 tries are left", "3 tries are left", "2 tries are left", "1 try is left"):
        expect(nil.page.get_by_role("alert")).to_contain_text(left)
        nil.shot("s25-pin")
        press.click()
    expect(nil.page.get_by_role("alert")).to_contain_text("the link is closed")
    nil.page.get_by_label("PIN").fill(given.pin)
    press.click()
    nil.sees_nothing()
    (out,) = rows.ask("shares", patient=pat["id"])
    assert (out["state"], out["why"], out["opens"], out["lit"]) == ("ended", "pin", 0, 0)
