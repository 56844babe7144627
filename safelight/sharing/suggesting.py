"""Suggesting: places that could tell who it is, offered to whoever decides. None is applied."""

from datetime import datetime
from typing import Any

from safelight.imaging import regions
from safelight.people.models import Person
from safelight.photos.models import Rendition
from safelight.photos.renditions import open_picture
from safelight.sharing.models import ReleasedPhoto
from safelight.sharing.standing import require_may_leave_by, require_practice


def can_suggest() -> bool:
    """Say whether this server can: the libraries are an optional part of the installation."""
    return regions.is_installed()


def suggest(
    item: ReleasedPhoto, *, by: Person, at: datetime, stepped_up: bool = False
) -> list[tuple[str, dict[str, Any]]]:
    """Return what was found: its kind, and a box in fractions of the stored picture.

    It misses some of what is there, and knows no tattoo and no scar: a person still looks.
    """
    require_practice(item.release, by)
    require_may_leave_by(by, item.photo, at=at, stepped_up=stepped_up)
    found = regions.find(open_picture(item.photo, Rendition.Kind.ORIGINAL))
    return [
        (one.kind, {"shape": "rect", "x": one.x, "y": one.y, "w": one.w, "h": one.h})
        for one in found
    ]
