"""Withdrawing: a yes is taken back, for one use or for all. It acts at once."""

from datetime import datetime

from django.db import transaction

from safelight.audit.log import record
from safelight.consent.models import Consent, Withdrawal
from safelight.consent.reading import withdrawn_uses
from safelight.consent.rules.asking import YES
from safelight.consent.uses import USES
from safelight.lib.refusals import BadInput, NotFound, Refusal
from safelight.lib.wiring import all_wired
from safelight.people.duties import Act, require_duty
from safelight.people.models import Person

HOOKS = "consent.withdrawn."  # the wiring table's names for what ends with a yes


class NothingToWithdraw(Refusal):
    """There is no yes to take back."""

    code = "nothing_to_withdraw"

    def __init__(self) -> None:
        """Say that nothing was agreed to that could end."""
        super().__init__("There is no yes here to take back. Nothing was changed.")


def open_uses(consent: Consent, *, at: datetime) -> list[str]:
    """Return the uses whose yes could be taken back now, in the order they are asked."""
    gone = withdrawn_uses(consent, at)
    yes = {row.use for row in consent.decisions.all() if row.answer == YES}
    return [use for use in USES if use in yes - gone]


@transaction.atomic
def withdraw_consent(
    consent: Consent,
    *,
    said_by: str,
    by: Person,
    at: datetime,
    use: str = "",
    why: str = "",
) -> Withdrawal:
    """Write down that a yes was taken back. Every later question finds a no, from this instant.

    What left on it ends in this very transaction. Nothing already in the record is deleted: the law
    keeps it (law-au, sections 4 and 7). Taking back what was taken back already gives the first row
    and writes nothing.
    """
    require_duty(by, Act.CONSENT_WITHDRAW)
    if consent.practice_id != by.practice_id:
        raise NotFound
    said_by, why = said_by.strip(), why.strip()
    if use and use not in USES:
        raise BadInput("That use is not known.")
    if not 0 < len(said_by) <= 120 or len(why) > 300:
        raise BadInput("Write who said so, and the reason in at most 300 characters.")
    locked = Consent.objects.select_for_update().get(pk=consent.pk)
    known = locked.withdrawals.filter(use__in={use, ""}).order_by("at").first()
    if known is not None:
        return known
    if not [code for code in open_uses(locked, at=at) if use in ("", code)]:
        raise NothingToWithdraw
    withdrawal = Withdrawal.objects.create(
        consent=locked, use=use, said_by=said_by, why=why, at=at, by=by
    )
    record(
        "consent.withdrawn",
        practice=locked.practice_id,
        by=by,
        at=at,
        of=f"consent:{locked.pk}",
        patient=locked.patient_id,
        purpose=use,
        detail=why,
    )
    for end_what_stood_on_it in all_wired(HOOKS):
        end_what_stood_on_it(locked, use, by=by, at=at)
    return withdrawal
