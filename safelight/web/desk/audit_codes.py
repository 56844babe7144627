"""Codes of the log in words: what an act was for, and what came of it."""

from typing import Final

from safelight.audit.models import Entry
from safelight.consent.reviewing import OUTCOMES as REVIEWS
from safelight.consent.uses import USES
from safelight.patients.breaking_glass import reason_words
from safelight.photos.models import Alarm, Copy
from safelight.photos.printing import PURPOSES
from safelight.sharing.models import Message, Release
from safelight.sharing.rules.ends import ENDS

LOOKS: Final = {
    "photo.viewed": {"full": "At actual size"},
    "photo.thumbnails_viewed": {},
    "photo.ghost_viewed": {},
    "photo.original_viewed": {},
    "photo.compared": {},
    "photo.printed": PURPOSES,
}
"""What the purposes of looking are called; one that only repeats the act is left out."""

PURPOSES_OF: Final[dict[str, dict[str, str]]] = {
    "copy.ended": dict(Copy.Holder.choices),
    "photo.moved": {"merge": "Two records of the patient were joined"},
    "share.message_sent": dict(Message.Kind.choices),
    "share.message_failed": dict(Message.Kind.choices),
    "share.message_taken": dict(Message.Kind.choices),
}
OUTCOMES_OF: Final[dict[str, dict[str, str]]] = {
    "alarm.raised": dict(Alarm.Kind.choices),
    "alarm.ended": dict(Alarm.Kind.choices),
    "consent.reviewed": REVIEWS,
    "copy.ended": dict(Copy.State.choices),
    "patient.restricted": {"on": "Restricted now", "off": "Not restricted any more"},
    "phone.checks_declared": {"not_met": "Not all of it is so"},
    "phone.paired": {"again": "It had been paired before"},
    "photo.filed": {"unmatched": "No patient yet"},
    "photo.labelled": {"complete": "Whole now", "incomplete": "Not whole yet"},
    "photo.moved": {"in": "Into this record", "out": "Out of this record"},
    "share.destroyed": dict(Copy.State.choices),
    "share.ended": ENDS,
    "share.handed_over": dict(Copy.State.choices),
    "share.recalled": ENDS,
    "share.sent": dict(Release.Form.choices),
}
FLAGS: Final = ("sensitive", "restricted", "recognisable")


def purpose_words(entry: Entry) -> str:
    """Say what an act was for in words; how a picture is named inside is nothing to read."""
    if entry.action in LOOKS:
        return LOOKS[entry.action].get(entry.purpose, "")
    if entry.action == "break_glass.opened":
        return reason_words(entry.purpose)
    if entry.action == "consent.withdrawn" and not entry.purpose:
        return "All of it"
    known = PURPOSES_OF.get(entry.action, {})
    if entry.purpose in USES:
        return USES[entry.purpose].title
    return known.get(entry.purpose) or _plain(entry.purpose)


def outcome_words(entry: Entry) -> str:
    """Say what came of an act in words. A code that no table knows is read as its own words."""
    if entry.action == "photo.flagged":
        return _plain(" and ".join(flag for flag in FLAGS if flag in entry.outcome) or "neither")
    return OUTCOMES_OF.get(entry.action, {}).get(entry.outcome) or _plain(entry.outcome)


def _plain(code: str) -> str:
    words = code.replace("_", " ")
    return words[:1].upper() + words[1:]
