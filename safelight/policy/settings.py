"""The practice's settings: one table of what can be set, and the newest value of each."""

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from safelight.audit.actor import Acting, Actor, as_actor
from safelight.audit.log import record
from safelight.lib.refusals import NotFound, Refusal
from safelight.policy.models import LegalRule, Practice, Setting
from safelight.policy.rules import MEGABYTE, Spec, checked_value

CONSENT = "Consent"
PHOTOS = "Photos"
PHONES = "Phones"
RECORD = "The record"
PRACTICE = "The practice"

DEFAULTS: Final[dict[str, Spec]] = {
    # Consent. Ages speak from the legal rules of the practice's state unless it set its own.
    "guardian_under": Spec(
        14,
        "A parent or guardian decides under",
        "Below this age the phone asks for a parent or guardian first.",
        "whole",
        CONSENT,
        "Enforced",
        unit="years",
        least=0,
        most=18,
        legal="minors.guardian_under",
    ),
    "adult_from": Spec(
        18,
        "A patient decides alone from",
        "From the age above until this one, a young person may decide when a clinician writes "
        "down why.",
        "whole",
        CONSENT,
        "Enforced",
        unit="years",
        least=16,
        most=21,
        legal="minors.adult_from",
    ),
    "parent_review_at": Spec(
        16,
        "Ask the young person again at",
        "What a parent agreed to beyond care stops at this age until the young person is asked.",
        "whole",
        CONSENT,
        "Enforced",
        unit="years",
        least=12,
        most=18,
        legal="minors.parent_review_at",
    ),
    "parent_lapse_at": Spec(
        18,
        "A parent’s yes beyond care ends at",
        "Teaching, research, publication and social media need the patient’s own yes from here.",
        "whole",
        CONSENT,
        "Enforced",
        unit="years",
        least=16,
        most=18,
        legal="minors.parent_lapse_at",
    ),
    "review_months": Spec(
        12,
        "Ask again after",
        "A consent stands at most this long. A new problem asks sooner.",
        "whole",
        CONSENT,
        "Enforced",
        unit="months",
        least=1,
        most=12,
    ),
    "emergency_review_days": Spec(
        7,
        "Review an emergency within",
        "Photos taken in an emergency stay on the today page until someone has reviewed them.",
        "whole",
        CONSENT,
        "Alarm after",
        unit="days",
        least=1,
        most=28,
    ),
    "paper_scan_days": Spec(
        7,
        "Scan a signed paper within",
        "A consent on paper stays on the today page until its scan is here.",
        "whole",
        CONSENT,
        "Alarm after",
        unit="days",
        least=1,
        most=28,
    ),
    "uses_asked": Spec(
        [
            "referral",
            "peer_opinion",
            "teaching",
            "research",
            "publication",
            "social_media",
            "patient_copy",
        ],
        "Uses we ask about",
        "Care here is always asked. A use that is not asked about counts as no.",
        "codes",
        CONSENT,
        "Enforced",
        choices=(
            "referral",
            "peer_opinion",
            "teaching",
            "research",
            "publication",
            "social_media",
            "patient_copy",
        ),
    ),
    "usual_recipients": Spec(
        ["Skin specialist (dermatologist)", "Surgeon", "Eye specialist", "Wound clinic"],
        "Specialists offered when asking",
        "One on each line. A patient may say yes to a kind of specialist or to a named one.",
        "lines",
        CONSENT,
        "Asked",
        most=20,
    ),
    # Photos
    "max_photos_per_visit": Spec(
        6,
        "Photos of one site in a visit",
        "One more asks for a reason, which is kept with the photo.",
        "whole",
        PHOTOS,
        "Enforced",
        unit="photos",
        least=1,
        most=40,
    ),
    "max_long_edge": Spec(
        8192,
        "Longest side of a photo",
        "8192 holds a 48 megapixel photo as it is. Larger ones are not taken in.",
        "whole",
        PHOTOS,
        "Enforced",
        unit="pixels",
        least=1600,
        most=12_000,
    ),
    "max_bytes": Spec(
        48 * MEGABYTE,
        "Largest photo",
        "A 12 megapixel photo is about 5 MB.",
        "bytes",
        PHOTOS,
        "Enforced",
        unit="MB",
        least=5 * MEGABYTE,
        most=60 * MEGABYTE,
    ),
    "label_pattern": Spec(
        "{side} {site} - {reason} ({view})",
        "Pattern of a label",
        "Suggested on the phone. {side}, {site}, {reason} and {view} are filled in.",
        "text",
        PHOTOS,
        "Asked",
        least=1,
        most=80,
    ),
    # Phones
    "lock_seconds": Spec(
        120,
        "A phone locks after",
        "Without a touch. It also locks at once when the app is left.",
        "whole",
        PHONES,
        "Enforced",
        unit="seconds",
        least=30,
        most=300,
    ),
    "alarm_hours": Spec(
        12,
        "A photo may wait on a phone for",
        "After this the phone and the today page show it in red.",
        "whole",
        PHONES,
        "Alarm after",
        unit="hours",
        least=1,
        most=72,
    ),
    "phone_checks_months": Spec(
        12,
        "Ask about back-up and updates every",
        "The owner says again that automatic back-up is off and the phone is up to date.",
        "whole",
        PHONES,
        "Asked",
        unit="months",
        least=1,
        most=12,
    ),
    # The record
    "incomplete_hours": Spec(
        24,
        "Finish a photo’s label, notes and visit within",
        "The photo is safe in the record meanwhile. After this it is on the today page.",
        "whole",
        RECORD,
        "Alarm after",
        unit="hours",
        least=1,
        most=168,
    ),
    "unmatched_hours": Spec(
        24,
        "Match a photo to its patient within",
        "For photos taken before the patient was known. After this it is on the today page.",
        "whole",
        RECORD,
        "Alarm after",
        unit="hours",
        least=1,
        most=168,
    ),
    "care_window_months": Spec(
        24,
        "A patient is in our care for",
        "Counted from a visit. Later, opening the record asks for a reason.",
        "whole",
        RECORD,
        "Enforced",
        unit="months",
        least=1,
        most=120,
    ),
    "break_glass_minutes": Spec(
        30,
        "A record opened with a reason stays open for",
        "Then it closes, and the privacy officer has been told.",
        "whole",
        RECORD,
        "Enforced",
        unit="minutes",
        least=5,
        most=60,
    ),
    "unblur_minutes": Spec(
        30,
        "An uncovered photo stays clear for",
        "For the one person who gave a reason.",
        "whole",
        RECORD,
        "Enforced",
        unit="minutes",
        least=5,
        most=120,
    ),
    "desk_cover_seconds": Spec(
        120,
        "A desk left alone is covered after",
        "Names and photos are hidden until someone is back.",
        "whole",
        RECORD,
        "Enforced",
        unit="seconds",
        least=30,
        most=600,
    ),
    # The practice
    "copyright_owner": Spec(
        "",
        "Who owns the copyright",
        "Written on every export. Left empty, it is the practice.",
        "text",
        PRACTICE,
        "Stated",
        most=120,
    ),
    "privacy_contact": Spec(
        "",
        "Who to ask about privacy",
        "A name or duty and a number. It is on the consent record that patients are handed.",
        "text",
        PRACTICE,
        "Stated",
        most=160,
    ),
    "defence_organisation": Spec(
        "",
        "Our medical defence organisation",
        "Its name and number, printed on the sheet for a lost phone.",
        "text",
        PRACTICE,
        "Stated",
        most=160,
    ),
}
"""Every setting. Sources: law-au sections 4 and 5, photo-standards sections 5 and 6, and the
security design's role rules; the rest is the project's own starting point."""


class AgesCross(Refusal):
    """Two ages were about to contradict each other."""

    code = "ages_cross"


def setting(practice: Practice, key: str) -> Any:
    """Return what the practice set, else its state's legal rule, else the default.

    An unknown key is a mistake in the program and raises KeyError.
    """
    spec = DEFAULTS[key]
    row = Setting.objects.filter(practice=practice, key=key).order_by("-since", "-pk").first()
    if row is not None:
        return row.value
    return _unset(practice, spec)


def all_settings(practice: Practice) -> dict[str, Any]:
    """Return every setting's present value, in the table's order, with two queries."""
    newest: dict[str, Any] = {}
    for row in Setting.objects.filter(practice=practice).order_by("since", "pk"):
        newest[row.key] = row.value
    rules = _rules(practice)
    return {
        key: newest[key] if key in newest else rules.get(spec.legal, spec.default)
        for key, spec in DEFAULTS.items()
    }


def history(practice: Practice, key: str = "") -> list[Setting]:
    """Return past and present values, newest first: of one setting, or of all."""
    rows = Setting.objects.filter(practice=practice)
    return list((rows.filter(key=key) if key else rows).order_by("-since", "-pk"))


@transaction.atomic
def change_setting(
    practice: Practice, *, key: str, value: Any, by: Actor | Acting | None, at: datetime
) -> Any:
    """Set one setting from now on, within its bounds. The values before it stay as history.

    Setting what is set already changes nothing and writes nothing.
    """
    if key not in DEFAULTS:
        raise NotFound
    value = checked_value(key, DEFAULTS[key], value)
    before = setting(practice, key)
    if value == before:
        return value
    _refuse_crossed_ages({**all_settings(practice), key: value})
    actor = as_actor(by)
    Setting.objects.create(
        practice=practice, key=key, value=value, since=at, changed_by=actor.id if actor else None
    )
    record(
        "policy.changed",
        practice=practice.pk,
        by=by,
        at=at,
        of=f"setting:{key}",
        detail=f"{DEFAULTS[key].title}: {before} → {value}",
    )
    return value


def _refuse_crossed_ages(values: dict[str, Any]) -> None:
    if values["guardian_under"] > values["adult_from"]:
        raise AgesCross("A parent cannot decide beyond the age at which the patient does.")
    if values["parent_review_at"] > values["parent_lapse_at"]:
        raise AgesCross("Asking the young person again comes before a parent’s yes ends.")


def _rules(practice: Practice) -> dict[str, Any]:
    """Return the legal rules that speak here: Australia's, then the state's over them."""
    places = ("AU", practice.jurisdiction)
    rows = LegalRule.objects.filter(practice=practice, jurisdiction__in=places)
    ordered = sorted(rows, key=lambda row: places.index(row.jurisdiction))
    return {row.key: row.value for row in ordered}


def _unset(practice: Practice, spec: Spec) -> Any:
    return _rules(practice).get(spec.legal, spec.default) if spec.legal else spec.default
