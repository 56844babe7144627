"""Countries outside Australia that a patient can be asked about, by ISO 3166-1 alpha-2 code."""

from typing import Final

COUNTRIES: Final[dict[str, str]] = {
    "NZ": "New Zealand",
    "GB": "United Kingdom",
    "IE": "Ireland",
    "US": "United States",
    "CA": "Canada",
    "SG": "Singapore",
    "IN": "India",
    "PH": "Philippines",
    "CN": "China",
    "HK": "Hong Kong",
    "JP": "Japan",
    "ZA": "South Africa",
    "DE": "Germany",
    "FR": "France",
    "FJ": "Fiji",
    "PG": "Papua New Guinea",
}
"""The usual ones, offered on pages. Any other two letters are kept as they are."""


def country_name(code: str) -> str:
    """Return a country's name; one that is not offered says its letters."""
    return COUNTRIES.get(code, code)


def country_code(words: str) -> str:
    """Return the two letters behind a name or a code; what is neither comes back as it was."""
    codes = {name.casefold(): code for code, name in COUNTRIES.items()}
    return codes.get(words.strip().casefold(), words.strip())
