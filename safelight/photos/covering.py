"""Covering: which consent lets an arriving photo be kept, recorded already or waiting beside it."""

from datetime import datetime

from safelight.consent.models import Consent
from safelight.consent.reading import consent_of_photo
from safelight.lib.refusals import Refusal
from safelight.photos import rules
from safelight.photos.meta import PhotoMeta
from safelight.photos.models import Capture, WaitingConsent
from safelight.photos.opening import Belongs
from safelight.photos.waiting import says_yes


class NoConsent(Refusal):
    """No consent that stands covers this photo, so nothing of it is kept (G11, G14)."""

    code = "no_consent"
    status = 403

    def __init__(self) -> None:
        """Say what did not happen and what would mend it."""
        super().__init__(
            "No consent covers this photo, so it was not filed and nothing was kept here.",
            remedy="Record the consent, then send the photo again. The phone keeps it, sealed.",
        )


class ConsentOnItsWay(Refusal):
    """The consent that this photo stands on is still arriving; the photo waits for it."""

    code = "consent_on_its_way"
    status = 503


def consent_for(
    capture: Capture, meta: PhotoMeta, whose: Belongs, *, at: datetime
) -> tuple[Consent | None, WaitingConsent | None]:
    """Return the consent that lets this photo be kept, recorded or waiting beside it; or refuse."""
    if whose.patient is None and meta.consent is not None:
        waiting = WaitingConsent.objects.filter(
            pk=meta.consent, practice=capture.practice_id
        ).first()
        if waiting is not None and says_yes(waiting):
            return None, waiting
    if whose.patient is not None:
        consent = consent_of_photo(
            whose.patient,
            taken_at=rules.believable_time(meta.taken_at, at=at),
            at=at,
            site_code=meta.site_code,
            side=meta.side,
            visit=whose.visit,
            preferred=meta.consent,
        )
        if consent is not None:
            return consent, None
    if _are_arriving(capture):
        raise ConsentOnItsWay("The consent for this photo is still arriving.")
    raise NoConsent


def _are_arriving(capture: Capture) -> bool:
    """Say whether the same phone is about to send a consent that this photo may stand on."""
    return Capture.objects.filter(
        phone=capture.phone_id,
        kind=Capture.Kind.CONSENT,
        state__in=(Capture.State.ANNOUNCED, Capture.State.RECEIVING, Capture.State.STORED),
        gone_at__isnull=True,
        given_up_at__isnull=True,
    ).exists()
