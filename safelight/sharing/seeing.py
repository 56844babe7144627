"""Seeing: how a photo lies, so that what is drawn on the upright picture hides the right place."""

from safelight.photos.darkroom import decoder
from safelight.photos.models import Rendition
from safelight.photos.renditions import open_picture
from safelight.sharing.models import ReleasedPhoto
from safelight.sharing.rules.lying import Lie

SELF_UPRIGHT = frozenset({"heic", "heif", "avif", "tiff"})
"""Kinds whose decoders set them upright: their fractions count so already (imaging/conceal.py)."""


def lie_of(item: ReleasedPhoto) -> Lie:
    """Return how a photo lies. Its file is asked, in the sandbox; nobody is shown anything."""
    photo = item.photo
    said = decoder().prepare(open_picture(photo, Rendition.Kind.ORIGINAL))
    orientation = 1 if said.kind in SELF_UPRIGHT else said.orientation
    turn = photo.turn if photo.turn in (90, 180, 270) else 0
    return Lie(orientation, turn, photo.width, photo.height)
