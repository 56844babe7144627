"""Seeing: how a photo lies, so that what is drawn on the upright picture hides the right place."""

from typing import Final
from uuid import UUID

from safelight.imaging.lying import Lie, orientation_of
from safelight.photos.darkroom import decoder
from safelight.photos.models import Photo, Rendition
from safelight.photos.renditions import open_picture
from safelight.sharing.models import ReleasedPhoto

MOST_KNOWN: Final = 1024

_known: Final[dict[UUID, int]] = {}  # an original never changes, so it is asked once


def lie_of(item: ReleasedPhoto) -> Lie:
    """Return how a photo lies. Its file is asked, in the sandbox; nobody is shown anything."""
    photo = item.photo
    turn = photo.turn if photo.turn in (90, 180, 270) else 0
    return Lie(_orientation(photo), turn, photo.width, photo.height)


def _orientation(photo: Photo) -> int:
    """Return what an original says of its orientation."""
    if photo.pk not in _known:
        said = decoder().prepare(open_picture(photo, Rendition.Kind.ORIGINAL))
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[photo.pk] = orientation_of(said.kind, said.orientation)
    return _known[photo.pk]
