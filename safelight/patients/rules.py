"""Rules about patients, from values alone: identifiers, names as they are searched, dates, ages.

Forms and check digits follow the AU Base identifier profiles and METEOR 339130; the values they
were proved on are public test values (tests/patients/test_rules.py).
"""

import re
import unicodedata
from datetime import date
from typing import Final

from safelight.lib.luhn import luhn_sum
from safelight.policy.dates import age_on

IHI_FORM: Final = re.compile(r"800360[0-9]{10}")
MEDICARE_FORM: Final = re.compile(r"[2-6][0-9]{9,10}")
MEDICARE_WEIGHTS: Final = (1, 3, 7, 9, 1, 3, 7, 9)
CARD_DIGITS: Final = 10  # a card's digits name a family; the eleventh, the IRN, names one person
DVA_FORM: Final = re.compile(
    r"[NVQWST](?:[A-Z][0-9]{6}|[A-Z]{2}[0-9]{5}|[A-Z]{3}[0-9]{4}| [0-9]{6})[A-Z]?"
)
OLDEST: Final = 130  # years; beyond the longest life known, so a typing slip
EVERY_AFTER: Final = "\U0010ffff"  # sorts after every character a name can hold

_GAPS: Final = re.compile(r"[\s\-\u00ad\u2010-\u2015\u2212]+")
_APOSTROPHES: Final = dict.fromkeys(map(ord, "'’‘ʼʻ`´′"))
_LETTERS: Final = str.maketrans(
    {"ø": "o", "đ": "d", "ð": "d", "ł": "l", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i"}
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_DATE: Final = re.compile(
    r"([0-9]{1,2})\s*[/.\-\s]\s*([0-9]{1,2}|[a-z]{3,9})\s*[/.\-\s]\s*([0-9]{4}|[0-9]{2})"
)
_ISO_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]00:00(?::00)?)?")


class NotADate(ValueError):
    """The text names no day, or one of two, and nobody should guess which."""


def tidy_identifier(value: str) -> str:
    """Return an identifier as it is kept: no spaces or dashes, upper case, nothing padded."""
    capitals = unicodedata.normalize("NFKC", value).upper()
    return unicodedata.normalize("NFKC", _GAPS.sub("", capitals))


def tidy_dva(value: str) -> str:
    """Return a DVA file number as it is kept.

    A number without a war code has one blank after its state letter, which belongs to the number,
    so it is put back where it alone can make the number whole.
    """
    tidy = tidy_identifier(value)
    return f"{tidy[0]} {tidy[1:]}" if re.fullmatch(r"[NVQWST][0-9]{6}[A-Z]?", tidy) else tidy


def ihi_holds(value: str) -> bool:
    """Say whether a tidy IHI has the issuer, the length and the Luhn digit of one (AU Base)."""
    return bool(IHI_FORM.fullmatch(value)) and luhn_sum(value) % 10 == 0


def medicare_holds(value: str) -> bool:
    """Say whether a tidy Medicare number has the right check digit, and an IRN of 1 to 9 if any."""
    if not MEDICARE_FORM.fullmatch(value):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(value, MEDICARE_WEIGHTS, strict=False))
    return total % 10 == int(value[8]) and value[CARD_DIGITS:] != "0"


def medicare_names_one(value: str) -> bool:
    """Say whether a Medicare number names one person. Without its IRN it names a whole family."""
    return len(value) > CARD_DIGITS and medicare_holds(value)


def dva_holds(value: str) -> bool:
    """Say whether a tidy DVA file number has the form of one (METEOR 339130); it has no check."""
    return bool(DVA_FORM.fullmatch(value))


def fold(name: str) -> str:
    """Return a name as it is searched: plain letters and digits, one space between words.

    Accents, case and apostrophes are dropped, so O'Brien, O’BRIEN and obrien are one name; hyphens
    become spaces, so either half of a double name can be typed alone after the other.
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = plain.translate(_APOSTROPHES).translate(_LETTERS)
    return " ".join("".join(c if c.isalnum() else " " for c in plain).split())


def span(prefix: str) -> tuple[str, str]:
    """Return the two ends between which everything with this prefix sorts, by code point."""
    return prefix, prefix + EVERY_AFTER


def date_of_birth(text: str, *, today: date) -> date:
    """Read a date of birth: day, month, year, or a full year first as computers write it.

    Two digits of a year mean the latest year that is not ahead of us. A day that does not exist,
    lies ahead, or is older than any life is refused.
    """
    born = _read_date(" ".join(text.strip().casefold().split()), today)
    if born > today:
        raise NotADate("This day has not come yet.")
    if today.year - born.year > OLDEST:
        raise NotADate(f"This is more than {OLDEST} years ago.")
    return born


def _read_date(text: str, today: date) -> date:
    iso = _ISO_DATE.fullmatch(text.upper())
    if iso:
        return _day(*map(int, iso.groups()))
    words = _DATE.fullmatch(re.sub(r" 0?0:00(:00)?$", "", text))
    if not words:
        raise NotADate("Write it as day/month/year, such as 12/03/1968.")
    day, month, year = words.groups()
    number = int(month) if month.isdigit() else _month(month)
    full = int(year)
    if len(year) == 2:
        full += today.year - today.year % 100
        full -= 100 if full > today.year else 0
    return _day(full, number, int(day))


def _month(name: str) -> int:
    number = _MONTHS.get(name[:3])
    if number is None:
        raise NotADate("Write it as day/month/year, such as 12/03/1968.")
    return number


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise NotADate("There is no such day. Write the day before the month.") from None


def age_words(born: date, on: date) -> str:
    """Return an age as a clinician says it: days, weeks, months, then years."""
    days = (on - born).days
    if days < 0:
        return "not born yet"
    if days < 14:
        return _many(days, "day")
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if months < 3:
        return _many(days // 7, "week")
    if months < 24:
        return _many(months, "month")
    return str(age_on(born, on))


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def shown(kind: str, value: str) -> str:
    """Return an identifier in the groups people read it in."""
    if kind == "ihi" and len(value) == 16:
        return " ".join(value[i : i + 4] for i in range(0, 16, 4))
    if kind == "medicare" and len(value) >= CARD_DIGITS:
        return " ".join(filter(None, (value[:4], value[4:9], value[9:10], value[10:])))
    return value
