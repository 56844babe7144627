"""Alarms: something that should not happen, until a person has looked into it."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.views.decorators.http import require_http_methods

from safelight.lib.clock import now
from safelight.people.duties import Act
from safelight.photos.alarms import alarm_for, look_into
from safelight.photos.models import Alarm
from safelight.web.doors import PersonRequest, signed_in


@dataclass(frozen=True)
class Told:
    """What an alarm means, what is safe all the same, and what a person can do."""

    title: str
    means: str
    safe: str
    do: str


TOLD: Final = {
    Alarm.Kind.STUCK: Told(
        "A photo from a phone could not be filed",
        "It arrived here, and opening or filing it failed each time we tried.",
        "It stays here, sealed. The phone keeps it too until it is filed.",
        "Tell the person who looks after Safelight. Do not remove Safelight from that phone.",
    ),
    Alarm.Kind.CONFLICT: Told(
        "Two different photos came under one number",
        "A phone sent something else under the number of a photo that was here already.",
        "The first one was kept as it was. The second one was not taken in.",
        "Ask whose phone it is what was taken then, and tell the privacy officer.",
    ),
    Alarm.Kind.DAMAGED: Told(
        "A stored file is damaged",
        "It does not match the fingerprint taken when it was stored, or it is missing.",
        "It is not shown to anyone as if it were whole. Other files are not touched by it.",
        "Tell the person who looks after Safelight: it can be brought back from a back-up.",
    ),
    Alarm.Kind.LOST: Told(
        "A photo is gone from a phone and was never filed",
        "The phone says that it holds it no longer. It never came here whole.",
        "What was filed before and after is not touched by it.",
        "Ask whose phone it is what was taken then; take it again if it is needed.",
    ),
    Alarm.Kind.MANY_VIEWS: Told(
        "One person looked at very many photos",
        "More photos were opened in a short time than work here usually needs.",
        "Nothing was stopped, and each look is in the log.",
        "Look at the log, then ask them. If there was no need, it may be a breach.",
    ),
    Alarm.Kind.UNNAMED: Told(
        "Stored files that no record names",
        "Files lie in the store of photos, and no photo or copy we know of is kept in them.",
        "They are sealed. What was set aside is removed after a week and can come back until then.",
        "Tell the person who looks after Safelight: today, if a back-up was brought back lately.",
    ),
    Alarm.Kind.LOG: Told(
        "The log does not fit together",
        "An entry was changed, taken out or put in after it was written.",
        "Photos are not touched by it, and phones remember the log as it was.",
        "Tell the privacy officer today, and change nothing on the server.",
    ),
}
PLACES: Final = {
    "capture": "A photo from a phone",
    "photo": "A photo",
    "copy": "A copy of a photo",
    "person": "A person of the practice",
    "blob": "A stored file",
    "entry": "An entry of the log",
    "store": "The store of photos",
    "phone": "A phone that saw it as it was",
}


def title_of(alarm: Alarm) -> str:
    """Return what an alarm says first."""
    told = TOLD.get(Alarm.Kind(alarm.kind))
    return told.title if told else str(alarm.get_kind_display())


def thing_of(alarm: Alarm) -> str:
    """Return what kind of thing an alarm is about; its number is on the alarm's own page."""
    return PLACES.get(alarm.about.partition(":")[0], "")


@require_http_methods(["GET", "POST"])
@signed_in(Act.BREACH_MANAGE)
def alarm(request: PersonRequest, alarm_id: int) -> HttpResponse:
    """Show one alarm, and note that this person has looked into it."""
    if request.method == "POST":
        look_into(alarm_id, by=request.person, at=now())
        return redirect("desk:today")
    found = alarm_for(request.person, alarm_id)
    kind, _, number = found.about.partition(":")
    page = {"person": "desk:person", "phone": "desk:phone"}.get(kind, "") if number else ""
    context = {
        "alarm": found,
        "told": TOLD.get(Alarm.Kind(found.kind)),
        "thing": thing_of(found),
        "url": reverse(page, args=[number]) if page else "",
    }
    return render(request, "desk/alarm.html", context)


urlpatterns = [path("alarms/<int:alarm_id>", alarm, name="alarm")]
