"""The body outline beside a patient's list of sites: a numbered dot for each, in its place."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from safelight.policy.sites import site_words, sites

# The middle of each part in the drawing (desk/_outline.html), on its right half.
MIDDLES: Final = {
    "mid-1": (80.0, 26.0),
    "mid-2": (80.0, 88.0),
    "mid-3": (80.0, 131.0),
    "mid-4": (80.0, 167.0),
    "upper-arm": (122.6, 91.6),
    "forearm": (130.4, 144.9),
    "hand": (136.8, 183.7),
    "thigh": (95.0, 215.0),
    "lower-leg": (93.0, 275.0),
    "foot": (95.0, 314.0),
}
WIDTH: Final = 160.0
ASIDE: Final = 11.0
"""How far from the midline a site of one side lies where left and right share a part."""
BESIDE: Final = ((0, 0), (0, 17), (0, -17), (17, 0), (-17, 0), (17, 17), (-17, -17), (17, -17))
"""Where further dots of the same part go, so that no number lies under another."""
DROP: Final = 3.9
"""From the middle of a dot down to the line its number stands on."""


class Place(Protocol):
    """A site of a patient, as the list beside the outline has it."""

    @property
    def code(self) -> str:
        """Return the site's code."""

    @property
    def side(self) -> str:
        """Return L, R, B or nothing."""


@dataclass(frozen=True)
class Dot:
    """A numbered dot; the number is the site's in the list."""

    number: int
    x: str
    y: str
    foot: str
    chosen: bool


@dataclass(frozen=True)
class View:
    """The front or the back, with its dots and the words that say the same."""

    name: str
    dots: list[Dot] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def left_hand(self) -> str:
        """Say whose side is at the left of the drawing: on the front it is the patient's right."""
        return "right" if self.name == "front" else "left"

    @property
    def right_hand(self) -> str:
        """Say whose side is at the right of the drawing."""
        return "left" if self.name == "front" else "right"


def outline(places: Sequence[Place], chosen: Place | None) -> list[View]:
    """Draw the views that have a dot; a limb whose side was not said gets none, not a guess.

    Safe to leave unseen: the list beside it says every site in words.
    """
    views = {"front": View("front"), "back": View("back")}
    taken: Counter[tuple[str, float, float]] = Counter()
    for number, place in enumerate(places, 1):
        site = sites().get(place.code)
        if site is None:
            continue
        view = views["back" if site.view == "back" else "front"]
        spots = _spots(site.region, place.side, view=view.name)
        for spot in spots:
            right, down = BESIDE[taken[(view.name, *spot)] % len(BESIDE)]
            taken[(view.name, *spot)] += 1
            x, y = spot[0] + right, spot[1] + down
            view.dots.append(
                Dot(number, f"{x:.1f}", f"{y:.1f}", f"{y + DROP:.1f}", place == chosen)
            )
        if spots:
            view.words.append(f"{number} {site_words(place.code, place.side)}")
    return [view for view in views.values() if view.dots]


def _spots(region: str, side: str, *, view: str) -> list[tuple[float, float]]:
    """Return where a site's dots go: the patient's left is at the right of the front."""
    if region not in MIDDLES:
        return []
    x, y = MIDDLES[region]
    in_middle = x == WIDTH / 2
    if in_middle and not side:
        return [(x, y)]
    out = x + ASIDE if in_middle else x
    at_right = "L" if view == "front" else "R"
    return [
        (out if one == at_right else WIDTH - out, y) for one in ("L", "R") if side in (one, "B")
    ]
