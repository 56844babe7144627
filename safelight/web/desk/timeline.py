"""A patient's page: their photos by site and date, and two of them side by side."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_GET

from safelight.consent.reading import live_consents
from safelight.lib.clock import now
from safelight.patients.access import identity_for, patient_for
from safelight.patients.looking import note_view
from safelight.patients.models import Patient
from safelight.patients.visits import visits_of
from safelight.people.duties import Act, letters, opens_records
from safelight.photos import reading
from safelight.photos.copies import outside_of
from safelight.photos.models import Photo
from safelight.photos.viewing import enter_comparison, enter_page
from safelight.web.desk.outline import outline
from safelight.web.doors import PersonRequest, signed_in, stepped_up

VISITS = 5  # that stand beside the photos; the others are a page of their own


def _open(request: PersonRequest, patient_id: UUID, *, may_see: bool, at: datetime) -> Patient:
    """Load the patient: the record for those who see photos, the details for those who don't."""
    found = (
        patient_for(request.person, patient_id, at=at, stepped_up=stepped_up(request))
        if may_see
        else identity_for(request.person, patient_id, at=at)
    )
    note_view(found, by=request.person, at=at)
    return found


@dataclass(frozen=True)
class Line:
    """One photo in the list, and how many of its copies are outside the practice."""

    photo: Photo
    outside: int
    late: int


@dataclass(frozen=True)
class Pair:
    """Two photos side by side, and the addresses of the pair one step earlier and later."""

    photos: list[Photo]
    earlier: str
    later: str


def _asked(request: PersonRequest) -> list[str]:
    """Return the photos named in the address; a list of ticks calls each of them `photo`."""
    return request.GET.getlist("with") or request.GET.getlist("photo")


def _pair(photos: list[Photo], asked: list[str], here: reading.Site | None) -> Pair:
    """Return what is compared of photos given newest first, and where its neighbours are."""
    pair = _compared(photos, asked)
    if len(pair) != 2 or here is None:
        return Pair(pair, "", "")
    line = photos[::-1]
    first, second = (line.index(photo) for photo in pair)

    def step(by: int) -> str:
        if first + by < 0 or second + by >= len(line):
            return ""
        two = [("with", line[first + by].pk), ("with", line[second + by].pk)]
        return "?" + urlencode([("site", here.code), ("side", here.side), *two])

    return Pair(pair, step(-1), step(1))


def _compared(photos: list[Photo], asked: list[str]) -> list[Photo]:
    """Return the two photos asked for, or the newest of the last two days of it."""
    pair = [photo for photo in photos if str(photo.pk) in asked]
    if len(pair) != 2:
        days = {timezone.localdate(photo.taken_at): photo for photo in reversed(photos)}
        pair = [days[day] for day in sorted(days, reverse=True)[:2]]
    if len(pair) < 2:
        pair = photos[:2]
    return sorted(pair, key=photos.index, reverse=True)  # the older one first


def _days_between(pair: list[Photo]) -> int:
    """Return how many days lie between two photos, as days go where the practice is."""
    days = [timezone.localdate(photo.taken_at) for photo in pair]
    return (days[-1] - days[0]).days if days else 0


@dataclass(frozen=True)
class Strip:
    """The photos of one site: those a person may see, those covered for them, and two compared."""

    page: reading.Page
    clear: list[Photo]
    compared: Pair
    asked: list[str]

    def told(self, *, at: datetime) -> dict[str, object]:
        """Return what the page says of them."""
        photos, pair = self.page.photos, self.compared.photos
        outside = outside_of(photos, at=at)
        return {
            "lines": [Line(photo, *outside.get(photo.pk, (0, 0))) for photo in photos],
            "strip": list(reversed(photos)),
            "after": self.page.after,
            "covered": {photo.pk for photo in photos} - {photo.pk for photo in self.clear},
            "may_compare": len(self.clear) > 2,
            "not_two": bool(self.asked) and len(self.asked) != 2,
            "pair": pair,
            "compared": self.compared,
            "days_between": _days_between(pair),
        }


def _strip(
    request: PersonRequest, found: Patient, chosen: reading.Site | None, *, at: datetime
) -> Strip:
    """Read a page of one site's photos, and enter in the log what of it is shown."""
    page = reading.Page([], None)
    if chosen is not None:
        after = reading.After.read(request.GET.get("after", ""))
        page = reading.timeline(found, site_code=chosen.code, side=chosen.side, after=after)
    shown = set(enter_page(page.photos, patient=found, by=request.person, at=at))
    clear, asked = [photo for photo in page.photos if photo.pk in shown], _asked(request)
    compared = _pair(clear, asked, chosen)
    if len(compared.photos) == 2 and asked:
        enter_comparison(compared.photos, by=request.person, at=at)
    return Strip(page, clear, compared, asked)


@require_GET
@signed_in(Act.PATIENT_VIEW)
def patient(request: PersonRequest, patient_id: UUID) -> HttpResponse:
    """Show a patient's photos of one site at a time. One audit entry covers the small pictures."""
    at, person = now(), request.person
    may_see = opens_records(person)
    found = _open(request, patient_id, may_see=may_see, at=at)
    places = reading.sites_of(found) if may_see else []
    chosen = _chosen_site(request, places)
    strip = _strip(request, found, chosen, at=at)
    context = {
        "patient": found,
        "places": places,
        "chosen": chosen,
        "outline": outline(places, chosen),
        "total": sum(place.count for place in places),
        "consents": live_consents(found, at=at),
        "visits": visits_of(found, limit=VISITS),
        "may_see": may_see,
        "may_ask": bool(letters(person, Act.CONSENT_RECORD)),
        "may_push": bool(letters(person, Act.VISIT_PUSH)),
        "may_share": may_see and bool(letters(person, Act.SHARE_KNOWN)),
        "may_audit": bool(letters(person, Act.AUDIT_PATIENT)),
    }
    return render(request, "desk/timeline.html", context | strip.told(at=at))


def _chosen_site(request: PersonRequest, places: list[reading.Site]) -> reading.Site | None:
    """Return the site in the address, or the one with the newest photo."""
    wanted = (request.GET.get("site"), request.GET.get("side", ""))
    for place in places:
        if (place.code, place.side) == wanted:
            return place
    return places[0] if places else None


urlpatterns = [path("patients/<uuid:patient_id>", patient, name="patient")]
