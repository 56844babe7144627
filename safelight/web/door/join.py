"""Joining: a link's page, and the two calls its script makes. The token travels in bodies only."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from safelight.audit.log import record
from safelight.lib.clock import now
from safelight.lib.refusals import Refusal
from safelight.people.demo_links import note_demo_link, use_sign_in_link
from safelight.people.joining import join, link_of
from safelight.people.limits import give_back, take
from safelight.people.passkeys import address_of, begin_passkey, checked_passkey
from safelight.people.signed_in import begin
from safelight.web.bodies import text_in, words_of


@require_GET
def join_page(request: HttpRequest) -> HttpResponse:
    """Show the button. The link's token is in the fragment: previews and logs never have it."""
    return render(request, "door/join.html")


@require_POST
def join_open(request: HttpRequest) -> HttpResponse:
    """Look behind a token: whose it is, and what the device needs to make a passkey.

    Changes nothing but the session's challenge, so a link may be looked at more than once.
    """
    return _answered(request, _open)


@require_POST
def join_finish(request: HttpRequest) -> HttpResponse:
    """Use up the token with the new passkey, sign in, and show the recovery codes this once."""
    return _answered(request, _finish)


@require_GET
def demo_page(request: HttpRequest) -> HttpResponse:
    """Show the button of a demo link. Opening the page uses nothing up."""
    return render(request, "door/demo.html")


@require_POST
def demo_open(request: HttpRequest) -> HttpResponse:
    """Use up a demo link and sign in as its made-up person."""
    at, address = now(), address_of(request)
    take("link.address", address, at=at)
    with transaction.atomic():
        person = use_sign_in_link(request.POST.get("token", ""), at=at)
        begin(request, person)
        note_demo_link(request.session)
    give_back("link.address", address)
    return redirect("/")


def _open(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    person = link_of(text_in(told, "token"), at=now()).person
    return {
        "name": person.name,
        "practice": person.practice.name,
        "options": begin_passkey(person),
    }


def _finish(request: HttpRequest, told: dict[str, Any]) -> dict[str, Any]:
    token, at = text_in(told, "token"), now()
    link_of(token, at=at)
    credential = checked_passkey(told.get("credential"))
    with transaction.atomic():
        person, codes = join(token, credential=credential, name=text_in(told, "name"), at=at)
        begin(request, person)
        record("signed_in", practice=person.practice_id, by=person, of=f"person:{person.pk}", at=at)
    return {"codes": [f"{code[:5]} {code[5:]}" for code in codes]}


def _answered(request: HttpRequest, call: Any) -> HttpResponse:
    """Read JSON, count the try, answer JSON. A try that opened something is not counted."""
    at, address = now(), address_of(request)
    try:
        take("link.address", address, at=at)
        answer = call(request, words_of(request))
    except Refusal as refusal:
        words = {"code": refusal.code, "message": refusal.message, "remedy": refusal.remedy}
        return JsonResponse(words, status=refusal.status)
    give_back("link.address", address)
    return JsonResponse(answer)


urlpatterns = [
    path("join", join_page, name="join"),
    path("join/open", join_open, name="join-open"),
    path("join/finish", join_finish, name="join-finish"),
    path("demo", demo_page, name="demo"),
    path("demo/open", demo_open, name="demo-open"),
]
