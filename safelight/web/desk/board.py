"""The board: one lamp for each copy outside, by who holds it."""

from datetime import datetime

from django.urls import reverse

from safelight.people.duties import Act, letters
from safelight.people.models import Person
from safelight.photos.copies import outside_by_holder
from safelight.photos.models import Copy
from safelight.web.desk.rows import Lamps


def board(person: Person, *, at: datetime) -> list[Lamps]:
    """Count the copies outside, one lamp each, by who holds them."""
    found = outside_by_holder(person.practice, at=at)
    names = {
        Copy.Holder.PHONE: "Phones",
        Copy.Holder.PAPER: "Prints",
        Copy.Holder.SHARE: "Links",
        Copy.Holder.PACKAGE: "Packages",
        Copy.Holder.RECIPIENT: "Recipients",
    }
    shares = reverse("desk:shares") if letters(person, Act.SHARE_STOP) else ""
    pages = dict.fromkeys((Copy.Holder.SHARE, Copy.Holder.PACKAGE, Copy.Holder.RECIPIENT), shares)
    if letters(person, Act.PHONE_OWN):
        pages[Copy.Holder.PHONE] = reverse("desk:phones")
    return [
        Lamps(words, *found.get(holder, (0, 0)), pages.get(holder, ""))
        for holder, words in names.items()
        if holder in found or holder in (Copy.Holder.PHONE, Copy.Holder.PAPER)
    ]
