"""Body sites and capture sets: the tables fit the outline and each other."""

import pytest

from safelight.lib.refusals import BadInput
from safelight.policy.sites import (
    capture_sets,
    checked_site,
    is_sensitive,
    site_words,
    sites,
    view_words,
)

FRONT_AND_BACK_PARTS = [
    "mid-1",
    "mid-2",
    "mid-3",
    "mid-4",
    "upper-arm",
    "forearm",
    "hand",
    "thigh",
    "lower-leg",
    "foot",
]
VIEWS = {"regional", "medium", "close_up", "dermoscopic", "oblique", "scale", "comparison"}


@pytest.mark.parametrize("part", FRONT_AND_BACK_PARTS)
@pytest.mark.parametrize("view", ["front", "back"])
def test_every_part_of_the_outline_has_one_main_site(part: str, view: str) -> None:
    mains = [
        s for s in sites().values() if s.main and s.region == part and s.view in (view, "both")
    ]
    assert len(mains) == 1


def test_every_site_lies_on_a_part_of_the_outline_and_has_a_numeric_code() -> None:
    for site in sites().values():
        assert site.region in FRONT_AND_BACK_PARTS
        assert site.view in ("front", "back", "both")
        assert site.code.isdecimal()


def test_breast_buttock_groin_and_genital_sites_are_sensitive_and_a_forearm_is_not() -> None:
    for code in ("76752008", "22180002", "39687006", "48014002", "60944009"):
        assert is_sensitive(code)
    assert not is_sensitive("70559009")
    assert not is_sensitive("")


def test_a_site_is_said_as_a_clinician_says_it() -> None:
    assert site_words("70559009", "L") == "left forearm, front"
    assert site_words("1902009", "B") == "ear, both sides"
    assert site_words("315003") == "navel"


@pytest.mark.parametrize(
    ("code", "side"), [("1", ""), ("315003", "L"), ("", "L"), ("1902009", "X")]
)
def test_a_site_or_side_that_cannot_be_is_refused(code: str, side: str) -> None:
    with pytest.raises(BadInput):
        checked_site(code, side)


def test_every_set_has_a_required_view_and_only_known_views() -> None:
    for entry in capture_sets():
        assert any(slot["required"] for slot in entry["views"])
        assert {slot["view"] for slot in entry["views"]} <= VIEWS
        codes = [slot["code"] for slot in entry["views"]]
        assert len(codes) == len(set(codes))


def test_a_view_is_said_by_its_set_and_its_own_name() -> None:
    for each in capture_sets():
        said = [view_words(each["code"], view["code"]) for view in each["views"]]
        assert len(set(said)) == len(said)  # two close photos of one set are told apart
    assert view_words("rash", "close_edge") == "Rash: close, active edge"
    assert view_words("rash", "close_up") == "Rash: close up"
    assert view_words("", "close_up") == "close up"
    assert view_words("", "") == ""
