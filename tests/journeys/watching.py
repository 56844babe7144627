"""Watching a browser: whom it asked for anything, and what it complained about."""

import re
from dataclasses import dataclass, field
from typing import ClassVar

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request

ANSWERED = re.compile(r"status of (\d{3})")


@dataclass
class Watch:
    """What one context asked for and said. `expected`: what a story brings about on purpose."""

    origin: str
    asked: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    expected: set[str] = field(default_factory=set)
    all: ClassVar[list["Watch"]] = []

    def __post_init__(self) -> None:
        """Let every story find every watch."""
        self.all.append(self)

    def follow(self, context: BrowserContext) -> None:
        """Begin: every page that is open or will be, and the service worker."""
        context.on("request", self._request)
        context.on("page", self._page)
        for page in context.pages:
            self._page(page)

    def _request(self, request: Request) -> None:
        if not request.url.startswith("data:"):
            self.asked.append(request.url)

    def _page(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(f"error: {error}"))
        page.on("console", self._console)

    def _console(self, said: ConsoleMessage) -> None:
        if said.type not in ("error", "warning"):
            return
        found = ANSWERED.search(said.text)
        kind = found.group(1) if found else "net" if "net::ERR_" in said.text else ""
        if kind not in self.expected:
            self.problems.append(f"{said.type}: {said.text} ({said.location.get('url', '')})")

    def outside(self) -> list[str]:
        """Return every address that was asked and is not the practice's own server."""
        return [url for url in self.asked if not url.startswith(self.origin + "/")]

    @classmethod
    def require_clean(cls) -> None:
        """Nothing was asked of anybody else; nothing broke a policy; nothing went wrong."""
        outside = [url for watch in cls.all for url in watch.outside()]
        problems = [problem for watch in cls.all for problem in watch.problems]
        for watch in cls.all:
            watch.asked.clear()
            watch.problems.clear()
        assert outside == [], outside
        assert problems == [], problems
