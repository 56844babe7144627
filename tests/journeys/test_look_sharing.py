"""Every step of letting a photo out, and every page of whoever was sent one."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.looking import Looker, past_step_up
from tests.journeys.sharing import NIL, OUT, QUESTION, Backstage, Given, begin
from tests.journeys.test_sharing import reader

pytestmark = pytest.mark.browser
ADDRESS = "dummy@journeys.invalid"
USES = {"referral": "yes", "teaching": "no"}
FOUND = {"pdf": "File and password", "print": "Open the 1 page to print"}
WRITTEN = "Benign. See it again in a year."


@pytest.fixture(scope="module")
def rows(practice: Practice) -> Iterator[Backstage]:
    """Rows made and looked at behind the scenes."""
    backstage = Backstage(practice.server)
    yield backstage
    backstage.stop()


@pytest.fixture(scope="module")
def desk(practice: Practice) -> Desk:
    """A doctor's desk, where nothing was shared yet."""
    return practice.desk("GP")


def test_every_step_of_a_link_can_be_used_by_everybody(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    look = Looker()
    pat = practice.patient(desk)
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=USES, count=2)
    photos = told["photos"]
    _refused_and_by_law(desk, photos, look)
    given = _wizard(desk, photos, look)

    nil = reader(practice)
    nil.watch.expected.update({"400", "403", "404", "410"})
    nil.go(given)
    look.at(nil.page, "r1-link")
    nil.knock(given)
    look.at(nil.page, "r2-terms")
    nil.page.get_by_label("PIN").fill("000000" if given.pin != "000000" else "111111")
    nil.page.get_by_label("I agree.").check()
    press = nil.page.get_by_role("button", name="Open", exact=True)
    press.click()
    expect(nil.page.get_by_role("alert")).to_contain_text("tries are left")
    look.at(nil.page, "r3-pin")
    nil.page.get_by_label("PIN").fill(given.pin)
    press.click()
    nil.sees(re.compile("^2 photos from"))
    assert nil.picture() > 0
    look.at(nil.page, "r4-opened")
    nil.page.get_by_label("What you think").fill(WRITTEN)
    nil.page.get_by_role("button", name=re.compile("^Send my answer")).click()
    expect(nil.page.locator("#answers .history")).to_contain_text(WRITTEN)
    look.at(nil.page, "r5-answered")
    nil.page.get_by_label("Write again").fill(" ")
    nil.page.get_by_role("button", name=re.compile("^Send my answer")).click()
    expect(nil.page.get_by_role("link", name="Back to the photos")).to_be_visible()
    look.at(nil.page, "r6-not-done")
    nil.page.get_by_role("link", name="Back to the photos").click()
    nil.sees(re.compile("^2 photos from"))

    _while_it_is_out(desk, given, look)
    nil.sees_nothing()
    look.at(nil.page, "r7-closed")
    desk.go("/shares")
    look.at(desk.page, "s-list-ended")
    assert look.found == []
    assert len(look.seen) > 24


def _refused_and_by_law(desk: Desk, photos: list[str], look: Looker) -> None:
    """What the patient said no to, and a reason in law."""
    desk.go("/shares")
    look.at(desk.page, "s-list")
    desk.go("/shares/new?" + "&".join(f"photo={photo}" for photo in photos))
    look.at(desk.page, "s-for")
    begin(desk, photos, use="Teaching our staff and students")
    expect(desk.page.get_by_role("alert").first).to_contain_text("Not shared.")
    look.at(desk.page, "s-refused")
    begin(desk, photos, use="Because a law asks for it or allows it")
    desk.page.locator("input[name=code]").first.check(force=True)
    look.at(desk.page, "s-why")


def _wizard(desk: Desk, photos: list[str], look: Looker) -> Given:
    """Each step of a link, up to the text with it."""
    page = desk.page
    begin(desk, photos, use="A specialist, about this")
    look.at(page, "s-who")
    page.get_by_label("Name", exact=True).fill(NIL)
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("The same address again").fill(ADDRESS)
    page.get_by_role("button", name=re.compile("address$")).click()
    look.at(page, "s-hide")
    desk.press("Keep it, and on to the next photo")
    desk.press("Show what will leave")
    look.at(page, "s-look")
    page.get_by_role("link", name="Yes. Look at the next one").click()
    page.get_by_role("link", name=re.compile("may leave$")).click()
    page.get_by_label("As a text that I copy").check()
    page.get_by_label("What do you ask them?").fill(QUESTION)
    look.at(page, "s-how")
    desk.press("Show me the card")
    if "/step-up" in page.url:
        look.at(page, "s-step-up")
        past_step_up(desk)
    look.at(page, "s-card")
    desk.press(f"Make the link for {NIL}")
    pin = page.locator(".code b").inner_text()
    look.at(page, "s-going")
    path = "/shares/" + re.findall(r"/shares/([0-9a-f-]{36})", page.url)[0]
    text = page.get_by_role("button", name="Show the text with the link")
    _until_out(desk, path, text)
    look.at(page, "s-out-text")
    text.click()
    words = page.get_by_label("Copy all of it").input_value()
    look.at(page, "s-text")
    return Given(path, re.findall(r"http\S+", words)[0], pin)


def _until_out(desk: Desk, path: str, found: Locator) -> None:
    """Wait until the worker has let it out: the page that says so goes on by itself."""
    desk.go(path)
    expect(found).to_be_visible(timeout=OUT)


def _while_it_is_out(desk: Desk, given: Given, look: Looker) -> None:
    """What its sender reads and does, up to stopping it."""
    page = desk.page
    desk.go(given.path)
    look.at(page, "s-out")
    desk.press("Read it")
    look.at(page, "s-replies")
    desk.go(given.path)
    page.get_by_role("link", name="New PIN or new link").click()
    look.at(page, "s-renew")
    desk.press("Make a new PIN")
    look.at(page, "s-pin")
    desk.go("/shares")
    look.at(page, "s-list-out")
    desk.go(given.path)
    page.get_by_role("link", name="Stop it now").click()
    look.at(page, "s-stop")
    desk.press("Stop it now")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Stopped.")
    look.at(page, "s-stopped")


def test_a_sealed_file_a_print_and_the_address_book_can_be_used_by_everybody(
    practice: Practice, desk: Desk, rows: Backstage
) -> None:
    look, page = Looker(), desk.page
    pat = practice.patient(desk)
    told = rows.ask("photographed", patient=pat["id"], gp=desk.person["id"], uses=USES)
    desk.go("/clinicians")
    look.at(page, "b-empty")
    page.get_by_role("link", name="Add somebody").click()
    past_step_up(desk)
    look.at(page, "b-new")
    page.get_by_label("Name", exact=True).fill(NIL)
    page.get_by_label("E-mail address").fill(ADDRESS)
    page.get_by_label("The same address again").fill(ADDRESS)
    page.get_by_label("How the address was verified").fill("Rang the number in the register")
    desk.press("Add to the book")
    look.at(page, "b-one")
    page.get_by_role("link", name="Change details").click()
    look.at(page, "b-edit")
    desk.go("/clinicians")
    look.at(page, "b-list")

    for way, done in (("pdf", "Make the file"), ("print", re.compile("^Make 1 page"))):
        begin(desk, told["photos"], use="A specialist, about this")
        page.get_by_role("button", name=f"Choose {NIL}").click()
        desk.press("Show what will leave")
        page.get_by_role("link", name=re.compile("may leave$")).click()
        page.locator(f"#form-{way}").check(force=True)
        look.at(page, f"w-how-{way}")
        desk.press("Show me the card")
        past_step_up(desk)
        look.at(page, f"w-card-{way}")
        page.get_by_role("button", name=done).click()
        path = "/shares/" + re.findall(r"/shares/([0-9a-f-]{36})", page.url)[0]
        out = page.get_by_role("link", name=FOUND[way])
        _until_out(desk, path, out)
        look.at(page, f"w-out-{way}")
        out.click()
        look.at(page, "w-file" if way == "pdf" else "w-pages")
        if way == "pdf":
            desk.press("Show the password")
            look.at(page, "w-password")
        desk.go(f"{path}/settle")
        look.at(page, f"w-settle-{way}")
    assert look.found == []


def test_a_teaching_set_can_be_used_by_everybody(practice: Practice, rows: Backstage) -> None:
    look = Looker()
    maker, checker = practice.desk("GP"), practice.desk("GP")
    page = maker.page
    patient = practice.patient(maker)
    yes = {"teaching": "yes"}
    told = rows.ask("photographed", patient=patient["id"], gp=maker.person["id"], uses=yes)
    maker.go("/teaching")
    look.at(page, "t-register")
    maker.go("/teaching/new")
    page.locator(f"input[name=photo][value='{told['photos'][0]}']").check(force=True)
    look.at(page, "t-new")
    page.get_by_label("Title").fill("Naevi on skin")
    page.get_by_label("Who sees it").fill("Our registrars")
    maker.press("Begin the set")
    page.get_by_label("The patient’s own consent").check(force=True)
    look.at(page, "t-why")
    maker.press("This is the reason")
    if "/who" in page.url:
        page.get_by_label("Name", exact=True).fill("Our registrars")
        maker.press("Send it to this address")
    look.at(page, "t-hide")
    for one in page.locator(".check").all():
        one.get_by_label(re.compile("^(Not there|No)$")).check(force=True)
    maker.press("Show what will leave")
    page.get_by_role("link", name=re.compile("may leave$")).click()
    maker.press("Show me the card")
    past_step_up(maker)
    look.at(page, "t-card")
    maker.press("Ask a second person")
    look.at(page, "t-waiting")
    path = re.findall(r"/shares/[0-9a-f-]{36}", page.url)[0]
    checker.go("/")
    look.at(checker.page, "t-today")
    checker.go(f"{path}/check")
    past_step_up(checker)
    look.at(checker.page, "t-check")
    checker.page.get_by_label("Or say what is wrong").fill("The ring can be recognised")
    checker.press("No, it stays here")
    maker.go(path)
    look.at(page, "t-refused")
    maker.go("/teaching")
    look.at(page, "t-register-one")
    assert look.found == []
