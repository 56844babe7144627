"""Bases: why a photo may leave. The table is bases.toml; exactly one stands on each release."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Final

from safelight.consent.uses import USES

CONSENT: Final = "CONSENT_EXPRESS"
EXPECTED: Final = "EXPECTED_CARE"
RESEARCH: Final = "RESEARCH_S95A"
FROM_OUTSIDE: Final = frozenset({"LAW_OR_COURT", "LEGAL_CLAIM", "ENFORCEMENT"})
DISCLOSURE: Final = "disclosure"
"""The use of a release that the patient is not asked about: a law asks for it, or allows it."""
USES_OUT: Final[dict[str, str]] = {
    **{code: use.title for code, use in USES.items() if use.leaves},
    DISCLOSURE: "Because a law asks for it or allows it",
}
"""Every use for which a photo can leave, with its words."""
HOME: Final = "AU"
MAY_OVERRIDE: Final = frozenset({"not_asked"})
"""What expected care may stand in for: a question never asked. Never a no, nor a yes taken back."""
MOST_REASON, MOST_FACT = 500, 200


@dataclass(frozen=True, slots=True)
class BasisRule:
    """One reason in law: for which uses it can stand, and what must be written down with it."""

    code: str
    title: str
    hint: str
    uses: tuple[str, ...]
    reason: bool
    source: str
    needs: Mapping[str, str] = field(default_factory=dict)
    elsewhere: str = ""


@cache
def bases() -> dict[str, BasisRule]:
    """Return every basis, consent first, as the release's data file has them."""
    raw = tomllib.loads((files("safelight.sharing.rules") / "bases.toml").read_text("utf-8"))
    rules = [BasisRule(**{**told, "uses": tuple(told["uses"])}) for told in raw["bases"]]
    return {rule.code: rule for rule in rules}


def cannot_stand(code: str, *, use: str, country: str) -> str:
    """Say why a basis cannot stand for a use and a country at all, or "" if it can."""
    rule = bases().get(code)
    if rule is None:
        return "That is not one of the reasons in law."
    if use not in rule.uses:
        return _not_for(code, use)
    if code != CONSENT and country not in ("", HOME):
        return "Sending overseas needs the patient’s yes to that country."
    return ""


def _not_for(code: str, use: str) -> str:
    """Say why a basis is none for this very use."""
    if code == CONSENT:
        return "Where a law asks for it or allows it, the patient is not asked."
    if code == EXPECTED and use == DISCLOSURE:
        return "What a law asks for is no part of their care."
    if code == EXPECTED:
        return f"“{USES_OUT[use]}” is no part of their care."
    if code == RESEARCH:
        return f"This is for “{USES_OUT[use]}”, not for research."
    return f"Not for “{USES_OUT[use]}”."


def elsewhere(rule: BasisRule, use: str) -> str:
    """Return what turns a share for this use into a disclosure on that basis, or "" if nothing.

    Who asks from outside may ask about any photo. A threat, or a patient who cannot decide, are
    reasons beside care; for teaching and the like nobody should look for one there.
    """
    if use == DISCLOSURE or (rule.code not in FROM_OUTSIDE and not USES[use].is_care):
        return ""
    return rule.elsewhere


def facts_missing(code: str, reason: str, facts: Mapping[str, str]) -> list[str]:
    """Return, as questions, what a basis still needs written down."""
    rule = bases()[code]
    wanted = ["Say why, in your own words."] if rule.reason and not reason.strip() else []
    return wanted + [f"{ask}." for key, ask in rule.needs.items() if not facts.get(key, "").strip()]


def stands_in(code: str, missing: set[str]) -> bool:
    """Say whether a basis may stand although the consents lack these things."""
    return code == EXPECTED and missing <= MAY_OVERRIDE


def basis_words(code: str, use: str) -> str:
    """Return the words of a basis that is not consent, for the ledger."""
    return f"{bases()[code].title}: {USES_OUT[use]}"
