"""The shell of every desk page: the count, the lamp, who is signed in, and where one can go."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest
from django.urls import reverse

from safelight.lib.clock import now
from safelight.people.duties import Act, may
from safelight.people.models import Person
from safelight.photos.copies import outside_count, overdue_count
from safelight.photos.reading import unmatched_count
from safelight.policy.models import Practice
from safelight.sharing.listing import live_count


@dataclass(frozen=True)
class Link:
    """One entry of the rail."""

    words: str
    url: str
    current: bool
    count: int = 0


# What the rail offers, and the duty that opens it.
PLACES = (
    ("Today", "desk:today", None),
    ("Patients", "desk:patients", Act.PATIENT_SEARCH),
    ("Not matched", "desk:unmatched", Act.PHOTO_MATCH),
    ("Shares", "desk:shares", Act.SHARE_STOP),
    ("Phones", "desk:phones", Act.PHONE_OWN),
    ("People", "desk:people", Act.PEOPLE_SEE),
    ("Policy", "desk:policy", None),
    ("Mail server", "desk:mail-server", Act.MAIL_SERVER),
    ("Audit", "desk:audit", Act.AUDIT_ALL),
)

# A limited letter that opens a place too, because its page honours it.
LIMITED = {"desk:unmatched": "U"}

# What waits in a place, counted anew for every page.
COUNTS: Final[dict[str, Callable[[Practice], int]]] = {
    "desk:unmatched": unmatched_count,
    "desk:shares": live_count,
}

# Pages that belong under a place although their address does not begin with its own.
UNDER = {
    "desk:patients": ("/photos", "/consents"),
    "desk:shares": ("/clinicians", "/teaching"),
}


def links_for(person: Person, path: str) -> list[Link]:
    """List the places this person's duties open; the deepest match of the path is current."""
    found = []
    for words, name, act in PLACES:
        if act is None or may(person, act, also=LIMITED.get(name, "")):
            url = reverse(name)
            here = path == url or (url != "/" and path.startswith((url, *UNDER.get(name, ()))))
            count = COUNTS[name](person.practice) if name in COUNTS else 0
            found.append(Link(words, url, here, count))
    return found


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give templates the shell. Before sign-in there is none, and pages use the door's frame."""
    person = getattr(request, "user", None)
    if not isinstance(person, Person):
        return {"shell": {"base": "door/base.html"}}
    outside = outside_count(person.practice)
    overdue = overdue_count(person.practice, at=now()) if outside else 0
    return {
        "shell": {
            "base": "desk/base.html",
            "person": person,
            "practice": person.practice,
            "outside": outside,
            "lamp": "alarm" if overdue else "out" if outside else "in",
            "links": links_for(person, request.path),
        }
    }
