"""Cover: what is said where the geometry of a cover, or a turn, is not one of ours."""

from safelight.lib.refusals import BadInput


class BadCover(BadInput):
    """The geometry of a cover does not have the form it must have."""

    code = "bad_cover"

    def __init__(self) -> None:
        """Say so; nothing is drawn by half."""
        super().__init__(
            "The cover on this photo could not be understood, so the photo was not shown.",
            remedy="Draw the cover again.",
        )


def checked_turn(turn: int) -> int:
    """Return a turn clockwise in degrees, when it is one of the four."""
    if turn not in (0, 90, 180, 270):
        raise BadInput("A photo can be turned by a quarter, a half or three quarters only.")
    return int(turn)
