"""Recovering: asking to be let back in; and the page a pairing code's address leads to."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods

from safelight.lib.clock import now
from safelight.people.limits import take
from safelight.people.passkeys import address_of
from safelight.people.recovering import ask_back_in


@require_http_methods(["GET", "POST"])
def recover(request: HttpRequest) -> HttpResponse:
    """Take an e-mail and a recovery code. Right or wrong, the answer is the same page and a link.

    Tries are limited per address and per e-mail, known or not, and none is given back.
    """
    if request.method == "GET":
        return render(request, "door/recover.html")
    email, at = request.POST.get("email", ""), now()
    take("recover.address", address_of(request), at=at)
    take("recover.account", email.strip().lower(), at=at)
    token = ask_back_in(email=email, code=request.POST.get("code", ""), at=at)
    link = f"{settings.SAFELIGHT_ORIGIN}/join#{token}"
    return render(request, "door/recover_asked.html", {"link": link})


@require_GET
def pair(request: HttpRequest) -> HttpResponse:
    """Tell whoever scanned the code with the camera to scan it inside the installed app instead."""
    return render(request, "door/pair.html")


urlpatterns = [
    path("recover", recover, name="recover"),
    path("pair", pair, name="pair"),
]
