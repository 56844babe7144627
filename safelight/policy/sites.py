"""Body sites: SNOMED-coded places, where each lies on the outline, and which are sensitive."""

import tomllib
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

from safelight.lib.refusals import BadInput

SIDES: Final = {"L": "left", "R": "right", "B": "both sides", "": ""}


@dataclass(frozen=True)
class Site:
    """One place on the body. `region` and `view` say which part of the outline holds it."""

    code: str
    name: str
    group: str
    region: str  # the outline's data-part
    view: Literal["front", "back", "both"]
    paired: bool = False
    sensitive: bool = False
    main: bool = False  # what touching this part of the outline means when nothing finer is said


@cache
def sites() -> dict[str, Site]:
    """Return every site by its code, in the order of the list beside the outline."""
    words = tomllib.loads((files("safelight.policy") / "sites.toml").read_text("utf-8"))
    found = [Site(**row) for row in words["sites"]]
    return {site.code: site for site in found}


@cache
def capture_sets() -> list[dict[str, Any]]:
    """Return the capture sets: which views a lesion, a rash or a wound is photographed in."""
    words = tomllib.loads((files("safelight.policy") / "sets.toml").read_text("utf-8"))
    sets: list[dict[str, Any]] = words["sets"]
    return sets


def view_words(set_code: str, view: str) -> str:
    """Say which view of which set a photo is: "Rash: close, active edge". Nothing when neither."""
    found = next((each for each in capture_sets() if each["code"] == set_code), None)
    if found is None:
        return view.replace("_", " ")
    names = {one["code"]: one["name"] for one in found["views"]}
    name = names.get(view, view.replace("_", " "))
    return f"{found['name']}: {name[:1].lower()}{name[1:]}" if name else str(found["name"])


def site_rows() -> list[dict[str, Any]]:
    """Return the sites as the phone is given them."""
    return [asdict(site) for site in sites().values()]


def site_named(code: str) -> Site:
    """Return the site of a code; one that is not in the table is refused, not guessed."""
    try:
        return sites()[code]
    except KeyError:
        raise BadInput("That body site is not in the list.") from None


def checked_site(code: str, side: str) -> None:
    """Refuse a site that is unknown, or a side where there are none. Empty means not said."""
    if not code:
        if side:
            raise BadInput("A side needs its body site.")
        return
    site = site_named(code)
    if side not in SIDES:
        raise BadInput("A side is left, right or both.")
    if side and not site.paired:
        raise BadInput("That body site has no left and right.")


def is_sensitive(code: str) -> bool:
    """Say whether photos of a site are blurred until asked for. An unknown site is not."""
    site = sites().get(code)
    return site is not None and site.sensitive


def site_words(code: str, side: str = "") -> str:
    """Say a site as a clinician does: "left forearm, front". An unknown code says itself."""
    if not code:
        return ""
    site = sites().get(code)
    if site is None:
        return code
    if side == "B":
        return f"{site.name}, both sides"
    return f"{SIDES.get(side, '')} {site.name}".strip()
