"""Dates: which day it is where the practice is, how days are counted, and how they are written."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from safelight.lib.refusals import BadInput

MONTHS: Final = "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"


def local_day(at: datetime, zone: str) -> date:
    """Return the calendar day of an instant where the practice is."""
    return at.astimezone(ZoneInfo(zone)).date()


def anniversary(day: date, years: int) -> date:
    """Return the day some years on. A 29 February rolls to 1 March (law-au, section 7)."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)


def months_on(day: date, months: int) -> date:
    """Return the same day some months on, or that month's last day when it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise BadInput("That date does not exist.")


def age_on(born: date, day: date) -> int:
    """Return the age in whole years on a day; a person is as old as their last birthday says."""
    years = day.year - born.year
    return years if anniversary(born, years) <= day else years - 1


def day_words(day: date) -> str:
    """Say a day: 14 Oct 2026. A server's language does not change it."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def moment_words(at: datetime, zone: str) -> str:
    """Say an instant where the practice is: 14 Oct 2026, 3:28 pm."""
    here = at.astimezone(ZoneInfo(zone))
    half = "am" if here.hour < 12 else "pm"
    return f"{day_words(here.date())}, {here.hour % 12 or 12}:{here.minute:02d} {half}"
