"""Times, places and sizes as a clinician says them (design, section 4)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext

from safelight.lib.clock import now
from safelight.photos.labelling import changed, lacks_only_visit
from safelight.photos.models import LabelEdit, Photo
from safelight.policy.dates import day_words
from safelight.policy.sites import site_words, view_words

register = template.Library()

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@register.filter
def day(when: date | datetime | None) -> str:
    """8 Jul 2026, in the practice's zone."""
    if when is None:
        return ""
    if isinstance(when, datetime):
        when = timezone.localtime(when)
    return day_words(when)


@register.filter
def clock(when: datetime | None) -> str:
    """3:31 pm, in the practice's zone."""
    if when is None:
        return ""
    when = timezone.localtime(when)
    return f"{when.hour % 12 or 12}:{when.minute:02d} {'am' if when.hour < 12 else 'pm'}"


@register.filter
def weekday(when: date | datetime) -> str:
    """Wednesday, in the practice's zone."""
    return DAYS[(timezone.localtime(when) if isinstance(when, datetime) else when).weekday()]


@register.filter
def brief(when: date | datetime | None) -> str:
    """8 Jul in this year, 8 Jul 2025 in another: for a table, where the year would be noise."""
    said, year = day(when), str(timezone.localtime(now()).year)
    return said.removesuffix(f" {year}")


@register.filter
def moment(when: datetime | None) -> str:
    """8 Jul 2026, 3:31 pm."""
    return f"{day(when)}, {clock(when)}" if when else ""


@register.filter
def lately(when: datetime | None) -> str:
    """Just now; 12 min ago; today, 1:32 pm; yesterday, 1:14 pm; 10 Oct 2026."""
    if when is None:
        return "Never"
    gone = now() - when
    here, today = timezone.localtime(when), timezone.localtime(now()).date()
    if gone < timedelta(minutes=1):
        return "Just now"
    if gone < timedelta(hours=1):
        return f"{int(gone.total_seconds() // 60)} min ago"
    if here.date() == today:
        return f"Today, {clock(when)}"
    if here.date() == today - timedelta(days=1):
        return f"Yesterday, {clock(when)}"
    return day(when)


@register.filter
def span(gone: timedelta | None) -> str:
    """41 seconds; 2 min, to the nearest one; 2 h 10 min; 3 days."""
    if gone is None:
        return ""
    seconds = max(0, int(gone.total_seconds()))
    if seconds < 60:
        return ngettext("%d second", "%d seconds", seconds) % seconds
    if (whole := round(seconds / 60)) < 60:
        return f"{whole} min"
    if seconds < 2 * 86400:
        hours, minutes = divmod(whole, 60)
        return f"{hours} h {minutes} min" if minutes and hours < 10 else f"{hours} h"
    return f"{seconds // 86400} days"


@register.filter
def is_today(when: datetime) -> bool:
    """Say whether it is on this day where the practice is."""
    return timezone.localdate(when) == timezone.localdate(now())


@register.filter
def pace(seconds: float) -> str:
    """24 s; 1 min 44 s: how long a photo takes, which is counted in seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@register.filter
def since(when: datetime | None) -> str:
    """How long ago, as a span."""
    return span(now() - when) if when else ""


@register.filter
def megapixels(pixels: int | str) -> str:
    """12 MP."""
    return f"{int(pixels) / 1_000_000:.1f} MP".replace(".0 MP", " MP")


@register.filter
def in_words(items: Sequence[str]) -> str:
    """A label, and a note or a diagnosis: the comma keeps an "or" inside its own part."""
    *first, last = items or [""]
    return f"{', '.join(first)}, and {last}" if first else last


@register.filter
def to_finish(photo: Photo) -> str:
    """Choose the visit; Label it; Finish the label: what a photo that is not whole asks for."""
    if lacks_only_visit(photo):
        return "Choose the visit"
    return "Finish the label" if photo.label else "Label it"


EDITED = {
    "site_code": "site",
    "side": "site",
    "label": "label",
    "notes": "note",
    "diagnosis": "diagnosis",
    "diagnosis_code": "diagnosis",
    "visit_id": "visit",
}


@register.filter
def edited(edit: LabelEdit) -> str:
    """the label and the visit: what a correction of a photo changed."""
    names = changed(edit.before, edit.after)
    *first, last = dict.fromkeys(f"the {words}" for name, words in EDITED.items() if name in names)
    return f"{', '.join(first)} and {last}" if first else last


PLAINLY = {
    "This field is required.": "Fill this in.",
    "Enter a valid date.": "Write a day, such as 12/3/1968.",
    "Enter a valid date/time.": "Write a day and a time.",
    "Enter a valid email address.": "Write an e-mail address, such as name@example.org.",
    "Enter a whole number.": "Write a whole number.",
}


@register.filter
def plainly(problem: str) -> str:
    """Say what is wrong with a field as we say it, where the framework has its own words."""
    return PLAINLY.get(str(problem), str(problem))


@register.filter
def thousands(count: int) -> str:
    """412,338."""
    return f"{count:,}"


@register.filter
def size(count: int) -> str:
    """3.4 MB, in powers of ten as a file manager shows it."""
    return f"{count / 1_000_000:.1f} MB" if count >= 100_000 else f"{count / 1000:.0f} kB"


@register.simple_tag
def site(code: str, side: str = "") -> str:
    """Left forearm, front."""
    words = site_words(code, side) if code else ""
    return words[:1].upper() + words[1:] if words else "No site yet"


@register.simple_tag
def view(set_code: str, code: str) -> str:
    """Rash: close, active edge."""
    return view_words(set_code, code)


@register.simple_tag
def place(code: str, side: str = "") -> str:
    """Left forearm, front, in the middle of a sentence: left forearm, front."""
    return site_words(code, side) if code else ""


@register.simple_tag
def many(count: int, one: str, more: str = "") -> str:
    """1 photo, 3 photos."""
    return f"{count} {one if count == 1 else more or one + 's'}"


@register.simple_tag
def lifeline(begin: float, end: float, state: str) -> SafeString:
    """Draw when a copy came and went, as shares of the photo's life."""
    begin, end = max(0.0, min(begin, 1.0)) * 100, max(0.0, min(end, 1.0)) * 100
    width = max(end - begin, 0.9)
    shown = state if state in ("out", "alarm", "gone") else "in"
    return format_html(
        '<svg class="lifeline" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">'
        '<line x1="0" x2="100" y1="10" y2="10"/>'
        '<rect x="{}" y="5" width="{}" height="10" data-state="{}"/></svg>',
        f"{min(begin, 100 - width):.1f}",
        f"{width:.1f}",
        shown,
    )
