"""The body outline: each site's dot lies on the patient's own side, and none is a guess."""

from dataclasses import dataclass

import pytest

from safelight.policy.sites import sites
from safelight.web.desk.outline import MIDDLES, outline

FOREARM_FRONT, FOREARM_BACK, FACE, BREAST = "70559009", "41550009", "73897004", "76752008"


@dataclass(frozen=True)
class At:
    code: str
    side: str = ""


def test_every_part_a_site_lies_on_has_a_place_in_the_drawing() -> None:
    assert {site.region for site in sites().values()} <= set(MIDDLES)


@pytest.mark.parametrize(
    ("code", "side", "view", "at_right"),
    [
        (FOREARM_FRONT, "L", "front", True),
        (FOREARM_FRONT, "R", "front", False),
        (FOREARM_BACK, "L", "back", False),
        (FOREARM_BACK, "R", "back", True),
        (BREAST, "L", "front", True),
    ],
)
def test_the_patients_left_is_at_the_right_of_the_front_and_the_left_of_the_back(
    code: str, side: str, view: str, at_right: bool
) -> None:
    (drawn,) = outline([At(code, side)], None)
    (dot,) = drawn.dots
    assert drawn.name == view
    assert (float(dot.x) > 80) is at_right
    assert (drawn.right_hand == {"L": "left", "R": "right"}[side]) is at_right


def test_dots_have_the_numbers_of_the_list_and_do_not_cover_each_other() -> None:
    places = [At(FACE), At("gone from the table"), At(FACE), At(FOREARM_FRONT, "B")]
    (front,) = outline(places, places[3])
    assert [dot.number for dot in front.dots] == [1, 3, 4, 4]
    assert len({(dot.x, dot.y) for dot in front.dots}) == 4
    assert [dot.chosen for dot in front.dots] == [False, False, True, True]
    assert front.words == ["1 face", "3 face", "4 forearm, front, both sides"]


def test_a_limb_whose_side_was_not_said_has_no_dot() -> None:
    assert outline([At(FOREARM_FRONT), At("")], None) == []
