"""Alarms: something that should not happen, until a person has looked into it."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_http_methods

from safelight.lib.clock import now
from safelight.people.duties import Act
from safelight.photos.alarms import alarm_for, look_into
from safelight.web.doors import PersonRequest, signed_in


@require_http_methods(["GET", "POST"])
@signed_in(Act.BREACH_MANAGE)
def alarm(request: PersonRequest, alarm_id: int) -> HttpResponse:
    """Show one alarm, and note that this person has looked into it."""
    if request.method == "POST":
        look_into(alarm_id, by=request.person, at=now())
        return redirect("desk:today")
    context = {"alarm": alarm_for(request.person, alarm_id)}
    return render(request, "desk/alarm.html", context)


urlpatterns = [path("alarms/<int:alarm_id>", alarm, name="alarm")]
