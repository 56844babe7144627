"""The server's clock: a person says whether its time is right, when Safelight cannot tell."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.lib.clock import now
from safelight.people.duties import Act
from safelight.photos.clock import confirm_clock, in_doubt
from safelight.web.doors import PersonRequest, signed_in


@require_http_methods(["GET", "POST"])
@signed_in(Act.CLOCK_CONFIRM)
def clock(request: PersonRequest) -> HttpResponse:
    """Show the server's time, and take it for right on this person's word."""
    at = now()
    if request.method == "POST":
        if confirm_clock(by=request.person, at=at):
            messages.success(request, "Noted. Links open again, and what is due goes on.")
        return redirect("desk:today")
    return render(request, "desk/clock.html", {"at": at, "in_doubt": in_doubt(at)})


urlpatterns = [path("clock", clock, name="clock")]
