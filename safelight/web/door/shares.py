"""Shares: the page a link leads to. It opens by a button; looking at the address opens nothing.

The token comes from the address's fragment in the body of a POST, never in an address. What is
open lies behind a cookie that only its own pages get.
"""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from safelight.lib.clock import now
from safelight.lib.refusals import NotFound, Refusal
from safelight.people.limits import take
from safelight.sharing.gate import bytes_for
from safelight.sharing.opening import LinkClosed, Share, knock, open_link, share_for
from safelight.sharing.replying import reply
from safelight.sharing.rules.ways import SESSION
from safelight.web.bodies import text_in
from safelight.web.door.counted import counted

View = Callable[..., HttpResponse]
SEAT_BYTES = 6
GONE = 410
STATEMENTS = {
    "filed": "We have filed these photos in our own record.",
    "destroyed": "We have destroyed what we saved of these photos.",
}
"""What a recipient who may save can say with a button. The sender then settles the copy."""


def cookie_name() -> str:
    """Return the session cookie's name.

    `__Host-` would demand the path `/`, and so hand the cookie to desk and phone too. `__Secure-`
    lets it stay with one opening's pages, and still only comes over TLS.
    """
    return "__Secure-share" if settings.SESSION_COOKIE_SECURE else "share"


@require_safe
def share_page(request: HttpRequest) -> HttpResponse:
    """Show the button. The same page for everybody: it knows neither token nor patient."""
    return render(request, "door/shares/knock.html")


@require_safe
def share_closed(request: HttpRequest) -> HttpResponse:
    """Say that there is nothing, in the same words for every reason there can be."""
    return render(request, "door/shares/closed.html", status=GONE)


@counted("share.address")
def share_knock(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    """Say which practice a token is from and what opening it takes. Counts and opens nothing."""
    found = knock(text_in(told, "token"), at=now())
    return JsonResponse(
        {
            "practice": found.practice_name,
            "contact": found.practice_contact,
            "needs_pin": found.needs_pin,
            "terms": found.terms,
            "until": found.ends_at.isoformat(),
            "zone": found.zone,
        }
    )


@counted("share.address")
def share_open(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    """Open a link once: PIN and terms are checked, the opening is counted, a cookie is set."""
    opened = open_link(
        text_in(told, "token"),
        pin=text_in(told, "pin"),
        accepts_terms=told.get("accepts") is True,
        at=now(),
    )
    place = reverse("door:share-opened", args=[secrets.token_hex(SEAT_BYTES)])
    response = JsonResponse({"next": place})
    response.set_cookie(
        cookie_name(),
        opened.session,
        max_age=SESSION,
        path=place,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def opened_page(view: View) -> View:
    """Answer what has ended, never was, or is another link's with one same page, bytes included."""

    @wraps(view)
    def guarded(request: HttpRequest, seat: str, **words: Any) -> HttpResponse:
        try:
            return view(request, seat, **words)
        except (LinkClosed, NotFound):
            return render(request, "door/shares/closed.html", status=GONE)
        except Refusal as refusal:
            told = {"refusal": refusal, "seat": seat}
            return render(request, "door/shares/not_done.html", told, status=refusal.status)

    return guarded


@require_GET
@opened_page
def share_opened(request: HttpRequest, seat: str, item: UUID | None = None) -> HttpResponse:
    """Show what was sent: one photo large, the others as a numbered list. Counts no opening."""
    share = share_for(_session(request), at=now())
    shown = _shown(share, item)
    with timezone.override(ZoneInfo(share.zone)):
        told = {"share": share, "shown": shown, "seat": seat, "statements": STATEMENTS}
        return render(request, "door/shares/opened.html", told)


@require_GET
@opened_page
def share_bytes(request: HttpRequest, seat: str, item: UUID, kind: str) -> HttpResponse:
    """Hand out one picture's bytes if the gate lets it: always whole, whatever range is asked."""
    session, at = _session(request), now()
    take("share.bytes", session, at=at)
    sent = bytes_for(session, item, kind=kind, at=at)
    response = HttpResponse(sent.data, content_type=sent.content_type)
    response["Accept-Ranges"] = "none"
    how = "attachment" if sent.attachment else "inline"
    response["Content-Disposition"] = f'{how}; filename="{sent.name}"'
    return response


@require_GET
@opened_page
def share_still(request: HttpRequest, seat: str) -> HttpResponse:
    """Say whether it is still open, so that a page left open closes when it ends."""
    share_for(_session(request), at=now())
    return HttpResponse(status=204)


@require_POST
@opened_page
def share_reply(request: HttpRequest, seat: str) -> HttpResponse:
    """Send the recipient's words back to whoever sent the photos, or one of the fixed ones."""
    session, at = _session(request), now()
    take("share.reply", session, at=at)
    words = STATEMENTS.get(request.POST.get("said", ""), request.POST.get("words", ""))
    reply(session, words=words, at=at)
    return redirect(reverse("door:share-opened", args=[seat]) + "#answers")


def _session(request: HttpRequest) -> str:
    return request.COOKIES.get(cookie_name(), "")


def _shown(share: Share, item: UUID | None) -> Any:
    """Return the photo to show large: the one asked for, which must be of this link."""
    wanted = [photo for photo in share.photos if item is None or str(photo.id) == str(item)]
    if not wanted:
        raise NotFound
    return wanted[0]


urlpatterns = [
    path("s", share_page, name="share"),
    path("s/closed", share_closed, name="share-closed"),
    path("s/knock", share_knock, name="share-knock"),
    path("s/open", share_open, name="share-open"),
    path("s/o/<slug:seat>", share_opened, name="share-opened"),
    path("s/o/<slug:seat>/still", share_still, name="share-still"),
    path("s/o/<slug:seat>/reply", share_reply, name="share-reply"),
    path("s/o/<slug:seat>/<uuid:item>", share_opened, name="share-photo"),
    path("s/o/<slug:seat>/<uuid:item>/<slug:kind>", share_bytes, name="share-bytes"),
]
