"""Agree: where a patient reads and signs one consent on their own phone. It opens by a button.

The code comes from the address's fragment, or is typed, and goes in the body of a POST. What it
opens lies behind a cookie that only this one reading's page gets.
"""

import json
import secrets
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods, require_safe

from safelight.consent.own_phone import LASTS, NothingToRead, answer, open_by_code, page_for
from safelight.lib.clock import now
from safelight.lib.refusals import BadInput, Refusal
from safelight.web.door.counted import counted

SEAT_BYTES = 6
GONE = 410
LONGEST = 200_000
"""Letters of a drawing: a signature of the most points that one may have."""


def cookie_name() -> str:
    """Return the cookie's name; like a share's, it stays with its own page (decision 9)."""
    return "__Secure-agree" if settings.SESSION_COOKIE_SECURE else "agree"


@require_safe
def agree_page(request: HttpRequest) -> HttpResponse:
    """Show where the code goes. The same page for everybody: it knows no code and no patient."""
    return render(request, "door/agree/code.html")


@counted("agree.address")
def agree_open(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    """Use a code up, and set the cookie that its one page reads."""
    code = told.get("code", "")
    session = open_by_code(code if isinstance(code, str) else "", at=now())
    place = reverse("door:agree-read", args=[secrets.token_hex(SEAT_BYTES)])
    response = JsonResponse({"next": place})
    response.set_cookie(
        cookie_name(),
        session,
        max_age=LASTS,
        path=place,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def agree_read(request: HttpRequest, seat: str) -> HttpResponse:
    """Show the one consent that the code led to, and take its one answer."""
    session, at, problem = request.COOKIES.get(cookie_name(), ""), now(), ""
    try:
        if request.method == "POST":
            agrees = _agrees(request)
            answer(session, agrees=agrees, signature=_drawn(request) if agrees else None, at=at)
            return redirect("door:agree-read", seat)
    except NothingToRead:
        return render(request, "door/agree/closed.html", status=GONE)
    except Refusal as refusal:
        problem = f"{refusal.message} {refusal.remedy}".strip()
    try:
        told = {"page": page_for(session, at=at), "problem": problem}
    except NothingToRead:
        return render(request, "door/agree/closed.html", status=GONE)
    return render(request, "door/agree/read.html", told, status=400 if problem else 200)


def _agrees(request: HttpRequest) -> bool:
    """Say which button was pressed; a form sent without one is no answer."""
    said = request.POST.get("said")
    if said not in ("yes", "no"):
        raise BadInput("Nothing was answered yet.", remedy="Press one of the two buttons.")
    return said == "yes"


def _drawn(request: HttpRequest) -> Any:
    """Read the drawing; whether it is a signature is decided where the consent is recorded."""
    text = request.POST.get("strokes", "")
    try:
        drawn = json.loads(text) if len(text) <= LONGEST else None
    except (ValueError, RecursionError):
        drawn = None
    if not drawn:
        raise BadInput("Nothing was signed yet.", remedy="Sign in the box with your finger.")
    return drawn


urlpatterns = [
    path("agree", agree_page, name="agree"),
    path("agree/open", agree_open, name="agree-open"),
    path("agree/o/<slug:seat>", agree_read, name="agree-read"),
]
