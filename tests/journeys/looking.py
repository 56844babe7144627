"""Looking at a screen as somebody does who needs contrast, names, order and room."""

from typing import Any

from playwright.sync_api import Page

from tests.journeys.server import ROOT

AXE = ROOT / "phone" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  await Promise.all(document.getAnimations().map((each) => each.finished.catch(() => null)));
  const found = await axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map(({ id, impact, nodes }) =>
    ({ id, impact, where: nodes.slice(0, 4).map((node) => node.html.slice(0, 160)) }));
}"""
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
