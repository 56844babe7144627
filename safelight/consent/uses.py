"""Uses: the purposes a patient is asked about, one by one. There is no other list of them."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Use:
    """One purpose: its words on every page, and what letting a photo go for it demands."""

    code: str
    title: str  # as it is asked
    hint: str  # the line under it
    patient: str  # as the patient reads it before signing
    said_no: str  # the end of "… said no to"
    short: str  # in a list of what was agreed
    is_care: bool  # False: beyond care, so it needs an adult's or a young person's own yes
    name_hidden: bool = False  # identifying parts are covered and the name left out
    second_person: bool = False  # someone else checks before it goes
    leaves: bool = True  # a copy goes outside the practice
    each_time: bool = False  # asked again for each occasion


USES: Final[dict[str, Use]] = {
    use.code: use
    for use in (
        Use(
            "care",
            "Care here",
            "Needed to take a photo",
            "Photos for my care here",
            "photos for care",
            "care",
            is_care=True,
            leaves=False,
        ),
        Use(
            "referral",
            "A specialist, about this",
            "Goes with the referral",
            "Sent to a specialist about this",
            "a specialist seeing it",
            "a specialist",
            is_care=True,
        ),
        Use(
            "peer_opinion",
            "Advice from other doctors",
            "Name hidden",
            "Advice from other doctors, with my name hidden",
            "advice from other doctors",
            "advice",
            is_care=True,
            name_hidden=True,
        ),
        Use(
            "teaching",
            "Teaching our staff and students",
            "Name hidden",
            "Teaching staff and students, with my name hidden",
            "teaching",
            "teaching",
            is_care=False,
            name_hidden=True,
        ),
        Use(
            "research",
            "Research",
            "Name hidden, asked again each time",
            "Research, with my name hidden",
            "research",
            "research",
            is_care=False,
            name_hidden=True,
            each_time=True,
        ),
        Use(
            "publication",
            "Publication",
            "Name hidden, second person checks, asked again each time",
            "Publication, with my name hidden",
            "publication",
            "publication",
            is_care=False,
            name_hidden=True,
            second_person=True,
            each_time=True,
        ),
        Use(
            "social_media",
            "Social media",
            "Name hidden, second person checks",
            "Social media, with my name hidden",
            "social media",
            "social media",
            is_care=False,
            name_hidden=True,
            second_person=True,
        ),
        Use(
            "patient_copy",
            "A copy for the patient",
            "Handed over to them",
            "A copy for me",
            "a copy of their own",
            "a copy",
            is_care=True,
        ),
    )
}
"""From the guide's discussion points (G13, G14, G21, G33) and law-au section 3."""

CARE: Final = "care"
PATIENT_COPY: Final = "patient_copy"
ANY_SPECIALIST: Final = "A specialist for this problem"
"""What a phone writes when a yes to referral names nobody in particular: any recipient will do."""
