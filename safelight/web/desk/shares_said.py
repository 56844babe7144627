"""What a share’s steps have said so far: each answered step as the sentence that will stand."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse

from safelight.consent.going import MayNotGo
from safelight.policy.countries import country_name
from safelight.sharing.asking import UNDECIDED, items_of, may_leave, use_words
from safelight.sharing.models import Release, ReleasedPhoto
from safelight.sharing.rules.bases import CONSENT, HOME, bases
from safelight.sharing.rules.checklist import CHECKLIST, HIDDEN, RARITY, needs_checklist
from safelight.sharing.rules.ways import LINKS
from safelight.web.desk.templatetags.words import day, many, size

STEPS: Final = ("use", "basis", "recipient", "hidden", "preview", "form")
ASKED: Final = {
    "use": "What it is for",
    "basis": "Why it may leave",
    "recipient": "Who gets it",
    "hidden": "What is hidden",
    "preview": "Exactly what leaves",
    "form": "How, and until when",
}
SAID: Final = {
    "use": "For",
    "basis": "Because",
    "recipient": "To",
    "hidden": "Without",
    "preview": "As",
    "form": "By",
}
PAGES: Final = {
    "basis": "desk:share-why",
    "recipient": "desk:share-who",
    "hidden": "desk:share-hide",
    "preview": "desk:share-look",
    "form": "desk:share-how",
}


@dataclass(frozen=True)
class Statement:
    """One step: its title, what was answered, and where it can be answered again."""

    title: str
    words: str
    state: str  # done, here or later
    url: str


def country_words(code: str) -> str:
    """Return "in Australia", or the country abroad."""
    return "in Australia" if code == HOME else f"in {country_name(code)}"


def basis_words(
    release: Release, items: list[ReleasedPhoto], *, at: datetime, in_full: bool = True
) -> str:
    """Return why these photos may leave, as the ledger will say it.

    The reason somebody wrote speaks of the patient: `in_full` is for those who read such words.
    """
    rule = bases().get(release.basis)
    if rule is None:
        return ""
    if not in_full:
        return rule.title
    if release.basis != CONSENT or not items:
        return f"{rule.title}. {release.basis_reason}".strip()
    try:
        still = UNDECIDED if not release.recipient_name else frozenset({"second_person"})
        return may_leave(release, items[0].photo, at=at, still_open=still).words
    except MayNotGo:
        again = " Answer this step again." if release.state == Release.State.DRAFT else ""
        return f"A yes that does not stand any more.{again}"


def recipient_words(release: Release) -> str:
    """Return who gets them, of which kind, in which country."""
    parts = [release.recipient_name, release.recipient_kind]
    return ", ".join([part for part in parts if part] + [country_words(release.recipient_country)])


def hidden_words(release: Release, items: list[ReleasedPhoto]) -> str:
    """Return what is cut away, covered and left out."""
    cropped = sum(bool(item.crop) for item in items)
    covers = sum(len(item.shapes) for item in items)
    hidden = [
        CHECKLIST[key].title.lower()
        for key, answer in release.checklist.items()
        if key in CHECKLIST and key != RARITY and answer.get("answer") == HIDDEN
    ]
    parts = [
        "the patient’s name" if release.name_hidden else "",
        ", ".join(hidden),
        "what was cropped away" if cropped else "",
        f"what lies under {many(covers, 'cover')}" if covers else "",
    ]
    said = "; ".join(part for part in parts if part)
    return f"{said[:1].upper()}{said[1:]}" if said else "Nothing is hidden"


def preview_words(items: list[ReleasedPhoto]) -> str:
    """Return how many pictures leave, and their size together."""
    return f"{many(len(items), 'picture')}, {size(sum(item.size for item in items))}, nothing else"


def form_words(release: Release, *, at: datetime) -> str:
    """Return how they travel, and until when a link opens or when we ask about a file."""
    label = Release.Form(release.form).label
    until = day(release.ends_at or at + timedelta(days=release.days))
    if release.form not in LINKS:
        return f"{label}, which we ask about on {until}"
    return f"{label}, until {until}, {many(release.open_limit, 'opening')}"


def _answered(release: Release, items: list[ReleasedPhoto]) -> dict[str, bool]:
    asks_list = needs_checklist(release.use, release.form)
    listed = not asks_list or set(CHECKLIST) <= set(release.checklist)
    seen = bool(items) and all(item.sha256 for item in items)
    return {
        "use": True,
        "basis": bool(release.basis),
        "recipient": bool(release.recipient_name),
        "hidden": seen or (asks_list and listed),
        "preview": seen,
        "form": release.state != Release.State.DRAFT,
    }


def next_step(release: Release) -> str:
    """Return the first step that is not answered yet; "form" when only the sending is left."""
    answered = _answered(release, items_of(release))
    return next((step for step in STEPS if not answered[step]), "form")


def page_of(release: Release, step: str) -> str:
    """Return the address of a step."""
    return reverse(PAGES[step], args=[release.pk])


def statements(
    release: Release, *, current: str, at: datetime, in_full: bool = True
) -> list[Statement]:
    """Return the six steps as the page shows them. Numbers and words of this release alone."""
    items = items_of(release)
    answered = _answered(release, items)
    words = {
        "use": use_words(release.use),
        "basis": basis_words(release, items, at=at, in_full=in_full),
        "recipient": recipient_words(release),
        "hidden": hidden_words(release, items),
        "preview": preview_words(items),
        "form": form_words(release, at=at),
    }
    found = []
    for step in STEPS:
        url = page_of(release, step) if step in PAGES else ""
        if step == current:
            found.append(Statement(ASKED[step], "You are here", "here", url))
        elif answered[step]:
            found.append(Statement(SAID[step], words[step], "done", url))
        else:
            found.append(Statement(ASKED[step], "", "later", ""))
    return found


def context(release: Release, *, step: str, at: datetime, **more: object) -> dict[str, object]:
    """Return what every page of the steps needs."""
    return {
        "release": release,
        "patient": release.patient,
        "items": items_of(release),
        "statements": statements(release, current=step, at=at),
        "number": STEPS.index(step) + 1,
        "steps": len(STEPS),
        "draft": release.state == Release.State.DRAFT,
        **more,
    }
