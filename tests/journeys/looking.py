"""Looking at a screen as somebody does who needs contrast, names, order and room."""

from typing import Any

from playwright.sync_api import Page

from tests.journeys.desk import Desk
from tests.journeys.devices import SHOTS
from tests.journeys.phone import Phone
from tests.journeys.server import ROOT

AXE = ROOT / "phone" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const over = document.getAnimations().map((each) => each.finished.catch(() => null));
  await Promise.race([Promise.all(over), new Promise((go) => setTimeout(go, 10_000))]);
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map(({ id, impact, nodes }) =>
    ({ id, impact, where: nodes.slice(0, 4).map((node) => node.html.slice(0, 160)) }));
}"""
VIEWS = ((1280, "light"), (1280, "dark"), (390, "light"))
ZOOMED = 640  # a window of 1280 at 200 %
WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def look_at(page: Page, *, scheme: str, width: int | None = None) -> list[str]:
    """Return what is wrong with a page in one colour scheme and one width. Nothing should be."""
    told: dict[str, Any] = {"color_scheme": scheme, "reduced_motion": "reduce"}
    page.emulate_media(**told)
    if width is not None:
        page.set_viewport_size({"width": width, "height": 900})
    if page.evaluate("typeof axe") == "undefined":
        page.evaluate(AXE.read_text())  # a script tag is stopped by Trusted Types
    where = f"{page.title()} ({scheme}, {width or 'phone'})"
    found = [
        f"{where}: {each['id']} ({each['impact']}) {each['where']}" for each in page.evaluate(RUN)
    ]
    if (wider := page.evaluate(WIDER)) > 0:
        found.append(f"{where}: {wider} px too wide")
    return found


def past_step_up(desk: Desk) -> None:
    """Give the finger where the page asks for it, and wait for what comes next."""
    if "/step-up" in desk.page.url:
        desk.confirm()
        desk.page.wait_for_url(lambda url: "/step-up" not in url)


class Looker:
    """Looks at pages in every view, and keeps what is wrong with them."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        self.found: list[str] = []
        self.seen: list[str] = []

    def at(self, page: Page, name: str) -> None:
        """Look at a page as it is: light, dark, on a phone, and twice as large."""
        self.seen.append(name)
        page.wait_for_load_state()
        for width, scheme in VIEWS:
            self.found += look_at(page, scheme=scheme, width=width)
            if SHOTS:
                page.screenshot(
                    path=f"{SHOTS}/{name}-{width}-{scheme}.png", full_page=width < ZOOMED
                )
        page.set_viewport_size({"width": ZOOMED, "height": 900})
        if (wider := page.evaluate(WIDER)) > 0:
            self.found.append(f"{name} at 200 %: {wider} px too wide")
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")


class Looking(Phone):
    """A phone whose every screen is looked at where its journeys would picture it."""

    found: list[str]
    seen: set[str]

    def shot(self, name: str) -> None:
        """Look at the screen, once, in both schemes."""
        if name in self.seen:
            return
        self.seen.add(name)
        for scheme in ("dark", "light"):
            self.found += look_at(self.page, scheme=scheme)
            if scheme == "dark":
                super().shot(f"{name}-dark")
        super().shot(name)
