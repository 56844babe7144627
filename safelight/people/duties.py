"""Duties: which role may do which act, read from roles.toml, and the one place that refuses."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from safelight.lib.refusals import NotAllowed

if TYPE_CHECKING:
    from safelight.people.models import Person

TABLE = Path(__file__).with_name("roles.toml")
GRANTS = frozenset("AOSB2")  # letters that let a person do the act itself
NO_LETTERS: frozenset[str] = frozenset()


class Act(StrEnum):
    """Everything a duty can allow. The value is the row in roles.toml."""

    PHOTO_FILE = "photo.file"
    PHOTO_VIEW = "photo.view"
    PHOTO_VIEW_WALLED = "photo.view_walled"
    PHOTO_VIEW_SENSITIVE = "photo.view_sensitive"
    PHOTO_LABEL = "photo.label"
    PHOTO_MATCH = "photo.match"
    PHOTO_MOVE = "photo.move"
    PHOTO_PRINT = "photo.print"
    ORIGINAL_DOWNLOAD = "photo.original"
    COPY_END = "copy.end"
    CONSENT_VIEW = "consent.view"
    CONSENT_RECORD = "consent.record"
    CONSENT_WITHDRAW = "consent.withdraw"
    PATIENT_SEARCH = "patient.search"
    PATIENT_VIEW = "patient.view"
    PATIENT_VIEW_RESTRICTED = "patient.view_restricted"
    PATIENT_RESTRICT = "patient.restrict"
    PATIENT_USUAL_GP = "patient.usual_gp"
    BREAK_GLASS_REVIEW = "break_glass.review"
    PATIENT_EDIT = "patient.edit"
    PATIENT_IMPORT = "patient.import"
    PATIENT_MERGE = "patient.merge"
    VISIT_EDIT = "visit.edit"
    VISIT_HOLD = "visit.hold"
    VISIT_PUSH = "visit.push"
    SHARE_KNOWN = "share.known"
    SHARE_NEW = "share.new"
    SHARE_STOP = "share.stop"
    EXPORT_BULK = "export.bulk"
    TEACHING_MAKE = "teaching.make"
    TEACHING_APPROVE = "teaching.approve"
    PUBLISH = "publish"
    DISPOSAL_PROPOSE = "disposal.propose"
    DISPOSAL_APPROVE = "disposal.approve"
    HOLD = "hold"
    BREACH_REPORT = "breach.report"
    BREACH_MANAGE = "breach.manage"
    AUDIT_PATIENT = "audit.patient"
    AUDIT_ALL = "audit.all"
    PEOPLE_SEE = "people.see"
    PEOPLE_MANAGE = "people.manage"
    PEOPLE_SUPERVISE = "people.supervise"
    PHONE_OWN = "phone.own"
    PHONE_SEE = "phone.see"
    PHONE_ANY = "phone.any"
    KEYS = "keys.rotate"
    KEYS_UNSEAL = "keys.unseal"
    CLOCK_CONFIRM = "clock.confirm"
    POLICY_VIEW = "policy.view"
    POLICY_EDIT = "policy.edit"
    MAIL_SERVER = "mail.server"


@cache
def table() -> Mapping[str, Any]:
    """Return roles.toml as read once at first use; it is part of the release, not of the data."""
    return MappingProxyType(tomllib.loads(TABLE.read_text(encoding="utf-8")))


def role_names() -> dict[str, str]:
    """Return every role code with the name a page shows."""
    return dict(table()["roles"])


def letters_of(role: str, act: Act) -> frozenset[str]:
    """Return one role's letters for an act; a role the table does not list opens nothing."""
    if role not in table()["roles"]:
        return NO_LETTERS
    return frozenset(table()["acts"][act.value].get(role, ""))


def letters(person: "Person", act: Act) -> frozenset[str]:
    """Return all letters the person's roles give for an act; none for somebody who has left."""
    if not person.is_active or person.left_at is not None:
        return NO_LETTERS
    return NO_LETTERS.union(*(letters_of(role, act) for role in person.roles))


def may(person: "Person", act: Act, *, also: str = "") -> bool:
    """Say whether a duty covers the act; `also` names limited letters the caller honours."""
    return bool(letters(person, act) & (GRANTS | frozenset(also)))


def require_duty(person: "Person", act: Act, *, also: str = "") -> None:
    """Refuse unless one of the person's roles allows the act (security-design, section 8).

    Deny by default. O, S, 2 and B pass here: whose patient it is, the second signature, the second
    person and the reason are checked where the thing itself is known.
    """
    if not may(person, act, also=also):
        words = table()["acts"][act.value]["words"]
        raise NotAllowed(
            f"Not done. Your duties don’t include {words}.",
            remedy="Ask the practice manager if they should.",
        )


def require_policy_edit(person: "Person") -> None:
    """Refuse whoever may not change the practice's policy; policy's acts ask it by its wire."""
    require_duty(person, Act.POLICY_EDIT)


def opens_records(person: "Person") -> bool:
    """Say whether a person may see photos at all: in the course of care, or from outside it."""
    return bool(letters(person, Act.PHOTO_VIEW) | letters(person, Act.PHOTO_VIEW_WALLED))


def needs_step_up(person: "Person", act: Act) -> bool:
    """Say whether the act needs a fresh signature: every role that allows it asks for one.

    A privacy officer who is also a GP does a GP's plain acts without it. Where neither role allows
    plainly (own things on one side, S on the other) the stricter answer stands.
    """
    granting = [part for role in person.roles if (part := letters_of(role, act)) & GRANTS]
    return any("S" in part for part in granting) and not any(
        "A" in part and "S" not in part for part in granting
    )
