"""Joining: a link's page, and the two calls its script makes. The token travels in bodies only."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from safelight.audit.log import record
from safelight.lib.clock import now
from safelight.people.demo_links import note_demo_link, use_sign_in_link
from safelight.people.joining import join, link_of
from safelight.people.limits import give_back, take
from safelight.people.passkeys import address_of, begin_passkey, checked_passkey
from safelight.people.signed_in import begin
from safelight.web.bodies import text_in
from safelight.web.door.counted import counted


@require_GET
def join_page(request: HttpRequest) -> HttpResponse:
    """Show the button. The link's token is in the fragment: previews and logs never have it."""
    return render(request, "door/join.html")


@counted("link.address")
def join_open(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    """Look behind a token: whose it is, and what the device needs to make a passkey.

    Changes nothing but the session's challenge, so a link may be looked at more than once.
    """
    person = link_of(text_in(told, "token"), at=now()).person
    options = begin_passkey(person)
    words = {"name": person.name, "practice": person.practice.name, "options": options}
    return JsonResponse(words)


@counted("link.address")
def join_finish(request: HttpRequest, told: dict[str, Any]) -> HttpResponse:
    """Use up the token with the new passkey, sign in, and show the recovery codes this once."""
    token, at = text_in(told, "token"), now()
    link_of(token, at=at)
    credential = checked_passkey(told.get("credential"))
    with transaction.atomic():
        person, codes = join(token, credential=credential, name=text_in(told, "name"), at=at)
        begin(request, person)
        record("signed_in", practice=person.practice_id, by=person, of=f"person:{person.pk}", at=at)
    return JsonResponse({"codes": [f"{code[:5]} {code[5:]}" for code in codes]})


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


urlpatterns = [
    path("join", join_page, name="join"),
    path("join/open", join_open, name="join-open"),
    path("join/finish", join_finish, name="join-finish"),
    path("demo", demo_page, name="demo"),
    path("demo/open", demo_open, name="demo-open"),
]
