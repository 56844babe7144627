"""Seeing: how a photo lies, so that what is drawn on the upright picture hides the right place."""

from safelight.imaging.lying import Lie, orientation_of
from safelight.photos.darkroom import decoder
from safelight.photos.models import Rendition
from safelight.photos.renditions import open_picture
from safelight.sharing.models import ReleasedPhoto


def lie_of(item: ReleasedPhoto) -> Lie:
    """Return how a photo lies. Its file is asked, in the sandbox; nobody is shown anything."""
    photo = item.photo
    said = decoder().prepare(open_picture(photo, Rendition.Kind.ORIGINAL))
    orientation = orientation_of(said.kind, said.orientation)
    turn = photo.turn if photo.turn in (90, 180, 270) else 0
    return Lie(orientation, turn, photo.width, photo.height)
