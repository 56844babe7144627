"""Words: the six points said before a photo, in versions. A version in use is never edited."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from safelight.audit.log import record
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.policy.keeping import Keeper, require_keeper
from safelight.policy.models import Notice, Practice

DEFAULT_LANGUAGE: Final = "en-AU"
LONGEST_TITLE: Final = 40
LONGEST_WORDS: Final = 400

FIRST_POINTS: Final = (
    {
        "key": "why",
        "title": "Why",
        "words": "“I’d like to take photos of this, to look after it well and see if it changes.”",
    },
    {
        "key": "what_for",
        "title": "What for",
        "words": "“They’re for your care here. Anything else, I’ll ask you one by one.”",
    },
    {
        "key": "who_sees",
        "title": "Who sees them",
        "words": "“Our team here. Nobody outside, and no social media, unless you say yes.”",
    },
    {
        "key": "where_kept",
        "title": "Where they’re kept",
        "words": "“In your record on our own server. The phone keeps them, sealed, only until "
        "they arrive there.”",
    },
    {
        "key": "name",
        "title": "Your name",
        "words": "“Your record carries your name. For advice or teaching we hide it first.”",
    },
    {
        "key": "how_long",
        "title": "How long",
        "words": "“As long as your record, at least 7 years, and for a child to 25. Then they are "
        "destroyed, and we write down that we did.”",
    },
)
"""The guide's discussion points (G13) in plain words; how long is law-au, section 7."""


class NoNotice(Refusal):
    """A practice without wording cannot ask for consent."""

    code = "no_notice"


def newest_notice(practice: Practice, language: str = DEFAULT_LANGUAGE) -> Notice:
    """Return the wording in use now, in a language or in the practice's own."""
    rows = Notice.objects.filter(practice=practice).order_by("-version")
    found = rows.filter(language=language).first() or rows.first()
    if found is None:
        raise NoNotice(
            "The practice has no wording for consent yet.", remedy="Add it on the policy page."
        )
    return found


def notices(practice: Practice) -> list[Notice]:
    """Return every version, newest first. Old ones stay: records point at them."""
    return list(Notice.objects.filter(practice=practice).order_by("-version", "language"))


def notice_for(practice: Practice, pk: int) -> Notice:
    """Return one version of this practice's wording; another practice's is as good as absent."""
    found = Notice.objects.filter(practice=practice, pk=pk).first()
    if found is None:
        raise NotFound
    return found


def first_notice(practice: Practice, *, at: datetime) -> Notice:
    """Give a practice its first wording. One that has wording keeps it."""
    known = Notice.objects.filter(practice=practice).order_by("-version").first()
    if known is not None:
        return known
    return Notice.objects.create(
        practice=practice,
        version=1,
        language=DEFAULT_LANGUAGE,
        points=[dict(point) for point in FIRST_POINTS],
        since=at,
    )


@transaction.atomic
def new_notice(
    practice: Practice,
    *,
    points: list[dict[str, Any]],
    by: Keeper,
    at: datetime,
    language: str = DEFAULT_LANGUAGE,
) -> Notice:
    """Add the next version of the wording; phones have it at their next look.

    The six keys stay what they are, so a record of any version can be compared with any other.
    """
    require_keeper(by, practice)
    checked = _checked_points(points)
    newest = Notice.objects.filter(practice=practice).aggregate(version=Max("version"))["version"]
    notice = Notice.objects.create(
        practice=practice,
        version=(newest or 0) + 1,
        language=language,
        points=checked,
        since=at,
        changed_by=by.actor().id,
    )
    record("policy.changed", practice=practice.pk, by=by, at=at, of=f"notice:{notice.version}")
    return notice


def _checked_points(points: list[dict[str, Any]]) -> list[dict[str, str]]:
    keys = [point["key"] for point in FIRST_POINTS]
    if [point.get("key") for point in points] != keys:
        raise BadInput("A wording has the six points, in their order.")
    checked = []
    for point in points:
        title, words = str(point.get("title", "")).strip(), str(point.get("words", "")).strip()
        if not 0 < len(title) <= LONGEST_TITLE or not 0 < len(words) <= LONGEST_WORDS:
            raise BadInput(
                f"Each point has a title of at most {LONGEST_TITLE} characters and words of at "
                f"most {LONGEST_WORDS}."
            )
        checked.append({"key": str(point["key"]), "title": title, "words": words})
    return checked
