"""Reviewing: an emergency is looked at afterwards, and its review is written down once."""

from datetime import datetime
from typing import Final

from django.db import transaction

from safelight.audit.log import record
from safelight.consent.models import Consent
from safelight.consent.rules.asking import EMERGENCY, LEAST_REASON
from safelight.consent.withdrawing import open_uses, withdraw_consent
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person

AGREED, DECLINED, NOT_REACHED = "agreed", "declined", "not_reached"
OUTCOMES: Final[dict[str, str]] = {
    AGREED: "The patient, or someone for them, was told and agrees",
    DECLINED: "The patient, or someone for them, was told and does not agree",
    NOT_REACHED: "Nobody could be asked yet, and the photos were needed for care",
}


class NoReviewOwed(Refusal):
    """This consent owes no review."""

    code = "no_review_owed"

    def __init__(self) -> None:
        """Say that nothing was changed."""
        super().__init__("This consent owes no review. Nothing was changed.")


@transaction.atomic
def review_emergency(
    consent: Consent, *, outcome: str, words: str, by: Person, at: datetime
) -> Consent:
    """Write the review of an emergency. A no takes the consent back at once; the record stays.

    An emergency is reviewed once, by a conditional update; a second review is refused.
    """
    require_duty(by, Act.CONSENT_RECORD)
    if consent.practice_id != by.practice_id:
        raise NotFound
    words = words.strip()
    if outcome not in OUTCOMES:
        raise BadInput("Choose what the review found.")
    if not LEAST_REASON <= len(words) <= 240:
        raise BadInput("Write in a line what was found, in at most 240 characters.")
    changed = Consent.objects.filter(pk=consent.pk, method=EMERGENCY, reviewed_at=None).update(
        reviewed_at=at, reviewed_by=by, review_outcome=f"{OUTCOMES[outcome]}. {words}"
    )
    if not changed:
        raise NoReviewOwed
    record(
        "consent.reviewed",
        practice=consent.practice_id,
        by=by,
        at=at,
        of=f"consent:{consent.pk}",
        patient=consent.patient_id,
        outcome=outcome,
        detail=words,
    )
    if outcome == DECLINED and open_uses(consent, at=at):  # it may have been taken back before
        withdraw_consent(consent, said_by="At the review of the emergency", why=words, by=by, at=at)
    consent.refresh_from_db()
    return consent
