"""The practice's zone: times are stored in UTC and shown as the clock on its wall."""

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from safelight.people.models import Person


class PracticeZone:
    """Show every time of a request in the zone of the practice whose person is signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep the rest of the chain."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Set the zone for this request alone."""
        if isinstance(request.user, Person):
            with timezone.override(ZoneInfo(request.user.practice.zone)):
                return self.get_response(request)
        return self.get_response(request)
