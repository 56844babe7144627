"""Elsewhere: what a page of another site asks for is refused, but for following a link to us."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from safelight.lib.refusals import Refusal
from safelight.web.answers import answer

OURS = frozenset({"same-origin", "none", ""})
"""Our own pages; an address typed, saved or scanned; a browser or program that does not say."""


class FromElsewhere(Refusal):
    """A page of another site asked for this. A browser tells us so, and no script can hide it."""

    code = "from_elsewhere"
    status = 403

    def __init__(self) -> None:
        """Say how to come in."""
        super().__init__(
            "Another site asked for this, so nothing was shown or changed.",
            remedy="Open Safelight itself and repeat what you did.",
        )


def follows_a_link(request: HttpRequest) -> bool:
    """Say whether somebody came by a link, from a letter or a page: it only asks for a page."""
    return (
        request.method in ("GET", "HEAD")
        and request.headers.get("Sec-Fetch-Mode") == "navigate"
        and request.headers.get("Sec-Fetch-Dest") == "document"
    )


class Elsewhere:
    """Refuse what other sites ask for, before any view: no picture, no form, no frame, no script.

    It stands beside the anti-forgery mark and the cookies that go nowhere else (ASVS 3.5.8).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what comes from here, or by a link."""
        if request.headers.get("Sec-Fetch-Site", "") in OURS or follows_a_link(request):
            return self.get_response(request)
        return answer(request, FromElsewhere())
