"""The desk by its keys: every one of them, where it must not work, and what is in focus."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.conftest import Practice
from tests.journeys.desk import Desk
from tests.journeys.devices import until
from tests.journeys.sharing import Backstage

pytestmark = pytest.mark.browser
PLACES = {
    "t": ("/", "need|Nothing is waiting"),
    "p": ("/patients", "Find a patient"),
    "s": ("/shares", "share"),
    "f": ("/phones", "phone"),
    "y": ("/policy", "what Safelight does"),
}
OTHER = "85562004"  # a hand
RING = """(it) => {
  const look = getComputedStyle(it);
  return [look.outlineStyle, parseFloat(look.outlineWidth), it.matches(":focus-visible")];
}"""
SCROLLED = "(panes) => panes.map((it) => [Math.round(it.scrollLeft), Math.round(it.scrollTop)])"
WIDE = "(pictures) => pictures.map((it) => Math.round(it.getBoundingClientRect().width))"


@pytest.fixture(scope="module")
def desk(practice: Practice) -> Desk:
    """A doctor's desk."""
    return practice.desk("GP")


@pytest.fixture(scope="module")
def pat(practice: Practice, desk: Desk) -> Iterator[dict[str, Any]]:
    """A patient with three photos of one site."""
    rows = Backstage(practice.server)
    patient = practice.patient(desk)
    told = rows.ask("photographed", patient=patient["id"], gp=desk.person["id"], count=3)
    yield {**patient, "photos": told["photos"]}
    rows.stop()


@pytest.fixture(scope="module")
def two_sites(practice: Practice, desk: Desk) -> Iterator[dict[str, Any]]:
    """A patient with photos of two sites."""
    rows = Backstage(practice.server)
    patient = practice.patient(desk, "Quinn")
    for site in ("", OTHER):
        told = {"site": site} if site else {}
        rows.ask("photographed", patient=patient["id"], gp=desk.person["id"], **told)
    yield patient
    rows.stop()


def focused(page: Page) -> Locator:
    """Return what has the focus."""
    return page.locator(":focus")


def test_the_first_tab_is_the_way_past_the_rail_and_focus_always_shows(desk: Desk) -> None:
    page = desk.page
    desk.go("/")
    page.keyboard.press("Tab")
    expect(focused(page)).to_have_text("Skip to the page")
    expect(focused(page)).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('#main').contains(document.activeElement)")

    desk.go("/")
    order = []
    for _ in range(60):
        page.keyboard.press("Tab")
        if focused(page).count() == 0:
            break
        style, width, shown = focused(page).evaluate(RING)
        where = focused(page).evaluate("(it) => it.outerHTML.slice(0, 90)")
        assert (style, shown) == ("solid", True), where
        assert width >= 3, where
        order.append(
            focused(page).evaluate(
                "(it) => [...document.querySelectorAll('a, button, input, select')].indexOf(it)"
            )
        )
    assert len(order) > 10
    assert order == sorted(order)  # the order of the page is the order of the keys


def test_g_and_a_letter_go_to_a_page_and_a_slash_to_the_search(desk: Desk) -> None:
    page = desk.page
    for letter, (path, heading) in PLACES.items():
        desk.go("/me")
        page.keyboard.type(f"g{letter}")  # at once: the second must follow within a second or so
        page.wait_for_url(desk.origin + path)
        expect(page.get_by_role("heading", level=1)).to_contain_text(re.compile(heading))
    page.keyboard.press("/")  # the policy has no search of its own
    page.wait_for_url(desk.origin + "/patients")
    desk.go("/")
    page.keyboard.press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("")  # the key itself is not typed


def test_j_and_k_walk_the_rows_and_enter_opens(desk: Desk, pat: dict[str, Any]) -> None:
    page = desk.page
    desk.go(f"/patients/{pat['id']}")
    links = page.locator("[data-row] a[href]")
    page.keyboard.press("j")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("k")  # there is nothing above the first
    expect(links.nth(0)).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/photos/"))


def test_brackets_go_to_the_next_site_and_back(desk: Desk, two_sites: dict[str, Any]) -> None:
    page = desk.page
    desk.go(f"/patients/{two_sites['id']}")
    current = page.locator(".sites a[aria-current]")
    before = current.inner_text()
    page.keyboard.press("]")
    page.wait_for_url(re.compile("site="))
    expect(current).not_to_have_text(before)
    page.keyboard.press("]")  # there is no third
    page.keyboard.press("[")
    expect(current).to_have_text(before, use_inner_text=True)


def test_no_key_works_while_something_is_typed(desk: Desk, pat: dict[str, Any]) -> None:
    page = desk.page
    desk.go("/")
    box = page.get_by_role("searchbox")
    box.focus()
    page.keyboard.type("gp s ? jf")
    expect(box).to_have_value("gp s ? jf")
    expect(page.locator("#keys-help")).to_be_hidden()
    assert page.url == desk.origin + "/"


def test_a_question_mark_lists_the_keys_and_escape_gives_the_focus_back(desk: Desk) -> None:
    page = desk.page
    desk.go("/")
    page.keyboard.press("j")
    before = focused(page).evaluate("(it) => it.outerHTML")
    page.keyboard.press("?")
    listed = page.get_by_role("dialog", name="Keys")
    expect(listed).to_be_visible()
    for key in ("/", "g", "j", "k", "←", "→", "F", "Z", "s", "w", "p", "[", "]", "1", "2", "?"):
        expect(
            listed.locator("kbd").filter(has_text=re.compile(f"^{re.escape(key)}$"))
        ).not_to_have_count(0)
    page.keyboard.press("g")
    page.keyboard.press("p")  # behind a dialog no key works
    page.keyboard.press("Escape")
    expect(listed).to_be_hidden()
    assert focused(page).evaluate("(it) => it.outerHTML") == before
    assert page.url == desk.origin + "/"


def test_a_person_can_turn_the_letters_off(practice: Practice) -> None:
    nurse = practice.desk("NU")
    page = nurse.page
    nurse.go("/me")
    page.get_by_label("Single letters are keys").uncheck()
    keep = page.locator("form", has=page.get_by_label("Single letters are keys"))
    with page.expect_navigation():
        keep.get_by_role("button").click()
    expect(page.get_by_label("Single letters are keys")).not_to_be_checked()
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.keyboard.press("?")
    expect(page.locator("#keys-help")).to_be_hidden()
    assert page.url == nurse.origin + "/me"


def test_the_photo_page_by_its_keys(desk: Desk, pat: dict[str, Any]) -> None:
    page = desk.page
    first, second, third = (f"{desk.origin}/photos/{photo}" for photo in pat["photos"])
    page.goto(second)
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(first)
    page.keyboard.press("ArrowRight")
    page.wait_for_url(second)
    page.keyboard.press("ArrowRight")
    page.wait_for_url(third)
    page.keyboard.press("w")
    page.wait_for_url(f"{third}#where")
    expect(page.locator("#where")).to_be_in_viewport()
    page.keyboard.press("p")
    page.wait_for_url(f"{third}/print")
    page.goto(third)
    page.keyboard.press("s")
    page.wait_for_url(re.compile(r"/shares/new\?photo="))


def test_z_opens_every_pixel_moved_by_arrows_and_escape_closes_it(
    desk: Desk, pat: dict[str, Any]
) -> None:
    page = desk.page
    desk.go(f"/photos/{pat['photos'][0]}")
    page.keyboard.press("z")
    large = page.get_by_role("dialog", name="Photo at actual size")
    picture = large.locator("img")
    assert picture.evaluate("(it) => it.decode().then(() => it.naturalWidth)") == 1600
    expect(large.get_by_role("status")).to_have_count(0)
    pixels = page.evaluate("devicePixelRatio")
    assert picture.evaluate("(it) => it.getBoundingClientRect().width") == 1600 / pixels
    pane = large.locator("div").first
    expect(pane).to_be_focused()
    place = pane.evaluate("(it) => it.scrollLeft")
    assert place > 0  # it opens on the middle
    page.keyboard.press("ArrowRight")
    until(page, f"document.querySelector('.zoom > div').scrollLeft > {place}")
    assert page.url.endswith(pat["photos"][0])  # the arrow did not leave the photo
    page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    expect(page.locator("a[data-zoom]")).to_be_focused()

    page.locator("a[data-zoom]").click()
    expect(large).to_be_visible()
    large.get_by_role("button", name="Close").click()
    expect(large).to_have_count(0)
    expect(page.locator("a[data-zoom]")).to_be_focused()


def test_a_photo_at_actual_size_is_dragged(desk: Desk, pat: dict[str, Any]) -> None:
    page = desk.page
    desk.go(f"/photos/{pat['photos'][0]}")
    page.keyboard.press("z")
    pane = page.locator(".zoom > div")
    pane.locator("img").evaluate("(it) => it.decode()")
    expect(page.locator(".zoom [role=status]")).to_have_count(0)
    left, top = pane.evaluate("(it) => [it.scrollLeft, it.scrollTop]")
    page.mouse.move(600, 400)
    page.mouse.down()
    page.mouse.move(540, 360)
    page.mouse.up()
    page.mouse.move(100, 100)  # let go: it follows no longer
    until(page, f"document.querySelector('.zoom > div').scrollLeft === {left + 60}")
    assert pane.evaluate("(it) => [it.scrollLeft, it.scrollTop]") == [left + 60, top + 40]
    page.keyboard.press("Escape")


def test_two_photos_are_compared_by_keys_at_one_zoom_and_place(
    desk: Desk, pat: dict[str, Any]
) -> None:
    page = desk.page
    desk.go(f"/patients/{pat['id']}")
    box = page.locator("[data-compare]")
    figures, panes = box.locator("figure"), box.locator(".pane")
    for one in panes.locator("img").all():
        one.evaluate("(it) => it.decode()")
    older, newer = (figures.nth(n).bounding_box() for n in (0, 1))
    assert older is not None
    assert newer is not None
    assert newer["x"] >= older["x"] + older["width"]

    page.keyboard.press("2")
    expect(page.get_by_role("radio", name="Overlay")).to_be_checked()
    older, newer = (figures.nth(n).bounding_box() for n in (0, 1))
    assert older == newer
    slider = page.get_by_role("slider", name="How much of the newer photo shows")
    slider.fill("20")
    assert figures.nth(1).evaluate("(it) => getComputedStyle(it).opacity") == "0.2"
    slider.press("End")
    assert figures.nth(1).evaluate("(it) => getComputedStyle(it).opacity") == "1"

    page.get_by_role("radio", name="Overlay").focus()
    page.keyboard.press("f")
    expect(page.get_by_role("radio", name="Flick")).to_be_checked()
    expect(figures.nth(1)).to_be_hidden()
    page.keyboard.press("F")
    expect(figures.nth(1)).to_be_visible()
    expect(figures.nth(0)).to_be_visible()
    page.keyboard.press("1")
    expect(page.get_by_role("radio", name="Side by side")).to_be_checked()
    expect(slider).to_be_hidden()

    before = panes.locator("img").evaluate_all(WIDE)
    page.get_by_role("slider", name="Zoom of both photos").fill("300")
    after = panes.locator("img").evaluate_all(WIDE)
    assert after[0] == after[1] > 2.8 * before[0]
    first, second = panes.evaluate_all(SCROLLED)
    assert first == second
    assert first[0] > 0  # the middle stayed the middle
    panes.nth(0).evaluate("(it) => it.scrollTo(37, 19)")
    until(page, "document.querySelectorAll('.pane')[1].scrollLeft === 37")
    assert panes.evaluate_all(SCROLLED) == [[37, 19], [37, 19]]
    panes.nth(1).focus()
    page.keyboard.press("ArrowRight")
    until(page, "document.querySelectorAll('.pane')[0].scrollLeft > 37")
    assert page.url.endswith(pat["id"])  # in a photo the arrows move it, and step no pair


def test_arrows_step_the_pair_along_its_site(desk: Desk, pat: dict[str, Any]) -> None:
    page = desk.page
    desk.go(f"/patients/{pat['id']}")
    shown = page.locator("[data-compare] figcaption a")
    expect(page.get_by_role("link", name="One step later")).to_have_count(0)
    last = [link.get_attribute("href") for link in shown.all()]
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(re.compile("with="))
    earlier = [link.get_attribute("href") for link in shown.all()]
    assert earlier == [f"/photos/{photo}" for photo in pat["photos"][:2]]
    page.keyboard.press("ArrowRight")
    expect(shown.nth(0)).to_have_attribute("href", last[0] or "")
    assert [link.get_attribute("href") for link in shown.all()] == last
