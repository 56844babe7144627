"""Results: a cleaned file and what is said of it, or why it could not be cleaned."""

from dataclasses import dataclass

from safelight.lib.refusals import Refusal

REMAINS: dict[str, str] = {
    "picture": "the coded picture itself, with the tables that decode it",
    "transparency": "which parts of the picture are see-through",
    "colour": "a colour profile of ours, or the numbers of the picture's own profile, "
    "with neutral names, no date, no maker and no device",
    "colour marks": "short standard marks that say which colours are meant "
    "(the Adobe marker in JPEG; cICP, sRGB, gAMA and cHRM in PNG; nclx in HEIC)",
    "density": "how many pixels go to the inch (JFIF and its version in JPEG, pHYs in PNG)",
    "turn": "how a HEIC picture is turned or mirrored for showing (irot, imir)",
}
"""All that may be left in a cleaned file. The documentation prints this table."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A file that holds nothing but what REMAINS lists, and the words for what happened to it."""

    data: bytes
    kind: str
    what_was_removed: list[str]
    what_remains: list[str]
    how: str = "exact"
    """`exact`, `turned` (both without loss), `coded anew` (same pixels) or `re-encoded`."""


class CannotClean(Refusal):
    """The file could not be cleaned wholly, so there is no cleaned file."""

    code = "cannot_clean"
    status = 422

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Say a fixed sentence; nothing in it comes out of the file."""
        super().__init__(message, remedy=remedy or "Send the photo again from where it came.")


class Damaged(CannotClean):
    """Its bytes do not hang together."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("The photo is damaged or cut short, so it could not be cleaned.")


class ManyPictures(CannotClean):
    """An animation or a file of several pages."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "This file holds more than one picture, so it is not clear which one is meant.",
            remedy="Save each picture by itself, then clean those.",
        )


class UnknownKind(CannotClean):
    """Not a kind of picture that is cleaned."""

    def __init__(self) -> None:
        """Name the kinds that are."""
        super().__init__(
            "This file is not a kind of photo that Safelight cleans.",
            remedy="Save it as JPEG, PNG, HEIC, WebP, GIF or a single-page TIFF.",
        )


class RareKind(CannotClean):
    """A form of a known kind that the decoders do not open, so that nothing can be proved."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "This photo is coded in a rare way that Safelight cannot open to check it.",
            remedy="Save it as an ordinary JPEG or PNG, then clean that.",
        )


class NotProved(CannotClean):
    """It was cleaned, and the check of the result failed: nothing leaves."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__(
            "The cleaned photo did not pass its check, so it was thrown away.",
            remedy="Save it as an ordinary JPEG or PNG, then clean that.",
        )
