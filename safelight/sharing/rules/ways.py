"""Ways: the forms a use may take, addresses, how long and how often, and who may send."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from safelight.people.duties import Act
from safelight.sharing.rules.bases import DISCLOSURE
from safelight.sharing.rules.checklist import PUBLIC, needs_hidden

LINK, PDF, ARCHIVE, PRINT = "link", "pdf", "archive", "print"
PATIENT_COPY, TEACHING_SET = "patient_copy", "teaching_set"
LINKS: Final = frozenset({LINK, PATIENT_COPY})
PACKAGES: Final = frozenset({PDF, ARCHIVE, TEACHING_SET})
FORMS: Final[dict[str, tuple[str, ...]]] = {
    "referral": (LINK, PDF, ARCHIVE, PRINT),
    "peer_opinion": (LINK, PDF, ARCHIVE),
    "teaching": (TEACHING_SET, LINK, PDF, ARCHIVE),
    "research": (ARCHIVE, PDF, TEACHING_SET),
    "publication": (ARCHIVE, PDF),
    "social_media": (ARCHIVE,),
    "patient_copy": (PATIENT_COPY, PDF, ARCHIVE, PRINT),
    DISCLOSURE: (PDF, ARCHIVE, PRINT, LINK),
}
"""By how much control is kept, most first (DESIGN, D4d); what becomes public has no link to end."""
LINK_PATH: Final = "/s"
MANY: Final = 5
"""More photos than this ask for a fresh signature (security-design, section 8)."""
MOST_PHOTOS: Final = 40
PIN_DIGITS: Final = 6
PIN_TRIES: Final = 5
"""Wrong tries before a link closes for good (security-design, section 8)."""
SESSION: Final = timedelta(minutes=30)
"""How long one opening of a link lasts (ours, as break-glass does)."""
LONGEST_ADDRESS: Final = 254
COUNTRY: Final = re.compile(r"[A-Z]{2}\Z")
LOCAL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}\Z")
HOST_PART: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\Z")
AHPRA: Final = re.compile(r"[A-Z]{3}\d{10}\Z")
PROVIDER: Final = re.compile(r"\d{5,6}[A-Z0-9][A-Z]\Z")


def forms_for(use: str) -> tuple[str, ...]:
    """Return the forms that a use may take, the one that keeps most control first."""
    return FORMS.get(use, ())


def is_public(use: str) -> bool:
    """Say whether a use makes photos public, so that nothing can be taken back."""
    return use in PUBLIC


def tidy_address(address: str) -> str:
    """Return an e-mail address in the form that is kept: no spaces around it, one case."""
    return address.strip().lower()


def looks_like_address(address: str) -> bool:
    """Say whether this can be an e-mail address, and can stand in a message's head by itself.

    Only plain signs pass: no line break, comma, quote or name, so nothing rides along (ASVS 1.3.11;
    form: the `addr-spec` of RFC 5321, without quoted and bracketed forms).
    """
    local, at, host = address.partition("@")
    parts = host.split(".")
    return (
        bool(at)
        and len(address) <= LONGEST_ADDRESS
        and bool(LOCAL.match(local))
        and ".." not in f".{local}."
        and len(parts) > 1
        and all(HOST_PART.match(part) for part in parts)
    )


def looks_like_country(code: str) -> bool:
    """Say whether this is spelt as a country's two letters are."""
    return bool(COUNTRY.match(code))


def looks_like_ahpra(number: str) -> bool:
    """Say whether this is spelt as a registration number is: three letters, ten digits."""
    return bool(AHPRA.match(number))


def looks_like_provider(number: str) -> bool:
    """Say whether this is spelt as a Medicare provider number is; its check letter is not tried."""
    return bool(PROVIDER.match(number))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the practice's settings allow."""

    days: int
    days_most: int
    opens: int
    opens_most: int
    package_days: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Bounds":
        """Read them from the settings."""
        return cls(
            values["share_days"],
            max(values["share_days"], values["share_days_most"]),
            values["share_opens"],
            max(values["share_opens"], values["share_opens_most"]),
            values["package_days"],
        )

    def usual_days(self, form: str) -> int:
        """Return how long a form lasts unless somebody says otherwise."""
        return self.days if form in LINKS else self.package_days

    def most_days(self, form: str) -> int:
        """Return how long a form may last at most."""
        return self.days_most if form in LINKS else max(self.package_days, self.days_most)


def acts_needed(use: str, form: str, *, known: bool) -> tuple[Act, ...]:
    """Return every act that whoever sends must be allowed (security-design, section 8)."""
    needed: list[Act] = []
    if form == TEACHING_SET or needs_hidden(use):
        needed.append(Act.TEACHING_MAKE)
    if use in PUBLIC:
        needed.append(Act.PUBLISH)
    if form == PRINT:
        needed.append(Act.PHOTO_PRINT)
    elif form == TEACHING_SET:
        pass
    elif form in PACKAGES:
        needed += [Act.SHARE_KNOWN if known else Act.SHARE_NEW, Act.ORIGINAL_DOWNLOAD]
    else:
        needed.append(Act.SHARE_KNOWN if known else Act.SHARE_NEW)
    return tuple(needed)


def act_to_check(use: str) -> Act:
    """Return the act that a second person must be allowed."""
    return Act.PUBLISH if use in PUBLIC else Act.TEACHING_APPROVE
