"""Meta: the words inside a capsule, read as a stranger's and checked field by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from safelight.lib.refusals import BadInput
from safelight.policy.sites import checked_site

VERSION = 1
NOTES_LENGTH = 4000
COVER_SHAPES = 64
TURNS = (0, 90, 180, 270)


class BadMeta(BadInput):
    """The words in a capsule are not what a phone of ours writes."""

    code = "bad_meta"

    def __init__(self, what: str) -> None:
        """Name the field, never its content."""
        super().__init__(
            f"The photo arrived, but its words could not be read ({what}).",
            remedy="Open the photo on the phone and file it again.",
        )


@dataclass(frozen=True, slots=True)
class Hint:
    """Who the patient is said to be, typed while the server was out of reach."""

    name: str = field(repr=False)
    born: str = field(repr=False)

    def __str__(self) -> str:
        """Write it as the tray shows it."""
        return ", ".join(part for part in (self.name, self.born) if part)


@dataclass(frozen=True, slots=True)
class PhotoMeta:
    """What the phone says of a photo. `repr` shows ids alone."""

    capture: UUID
    person: UUID
    patient: UUID | None
    hint: Hint | None = field(repr=False)
    visit: UUID | None
    consent: UUID | None
    taken_at: datetime
    site_code: str
    side: str
    view: str
    set_code: str
    sequence: int
    label: str = field(repr=False)
    notes: str = field(repr=False)
    diagnosis: str = field(repr=False)
    diagnosis_code: str = field(repr=False)
    chaperone: str = field(repr=False)
    recognisable: bool | None
    restricted: bool
    turn: int
    cover: list[Any] = field(repr=False)
    quality: dict[str, Any] = field(repr=False)
    quality_override: str = field(repr=False)
    limit_reason: str = field(repr=False)
    via: str
    timing: dict[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ConsentMeta:
    """A consent that waited on the phone, as call 6 would have sent it."""

    consent: UUID
    person: UUID
    hint: Hint | None = field(repr=False)
    body: dict[str, Any] = field(repr=False)


def read_meta(words: Mapping[str, Any]) -> PhotoMeta | ConsentMeta:
    """Read a capsule's words. Unknown fields are passed over, wrong ones refused by name."""
    if words.get("v") != VERSION:
        raise BadMeta("version")
    match words.get("kind"):
        case "photo":
            return _photo(words)
        case "consent":
            return _consent(words)
        case _:
            raise BadMeta("kind")


def _consent(words: Mapping[str, Any]) -> ConsentMeta:
    consent, person = _id(words, "id"), _id(words, "person")
    body = words.get("consent")
    if consent is None or person is None or not isinstance(body, dict):
        raise BadMeta("consent")
    return ConsentMeta(consent, person, _hint(words.get("patient_hint")), body)


def _photo(words: Mapping[str, Any]) -> PhotoMeta:
    capture, person = _id(words, "capture"), _id(words, "person")
    if capture is None or person is None:
        raise BadMeta("capture")
    site_code, side = _text(words, "site_code", 20), _text(words, "side", 1)
    try:
        checked_site(site_code, side)
    except BadInput:
        raise BadMeta("site_code") from None
    return PhotoMeta(
        capture=capture,
        person=person,
        patient=_id(words, "patient"),
        hint=_hint(words.get("patient_hint")),
        visit=_id(words, "visit"),
        consent=_id(words, "consent"),
        taken_at=_time(words, "taken_at"),
        site_code=site_code,
        side=side,
        view=_text(words, "view", 20),
        set_code=_text(words, "set", 20),
        sequence=_number(words, "sequence", 1000),
        label=_text(words, "label", 80),
        notes=_text(words, "notes", NOTES_LENGTH),
        diagnosis=_text(words, "diagnosis", 160),
        diagnosis_code=_text(words, "diagnosis_code", 20),
        chaperone=_text(words, "chaperone", 160),
        recognisable=_yes_no(words, "recognisable"),
        restricted=bool(_yes_no(words, "restricted")),
        turn=_turn(words.get("turn", 0)),
        cover=_list(words, "cover", COVER_SHAPES),
        quality=_object(words, "quality"),
        quality_override=_text(words, "quality_override", 200),
        limit_reason=_text(words, "limit_reason", 200),
        via=_text(words, "via", 20),
        timing=_object(words, "timing"),
    )


def _text(words: Mapping[str, Any], name: str, most: int) -> str:
    value = words.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value.strip()) > most:
        raise BadMeta(name)
    return value.strip()


def _id(words: Mapping[str, Any], name: str) -> UUID | None:
    value = words.get(name)
    if value is None:
        return None
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        raise BadMeta(name) from None


def _time(words: Mapping[str, Any], name: str) -> datetime:
    try:
        value = datetime.fromisoformat(words[name])
    except (KeyError, ValueError, TypeError):
        raise BadMeta(name) from None
    if value.tzinfo is None:
        raise BadMeta(name)
    return value


def _number(words: Mapping[str, Any], name: str, most: int) -> int:
    value = words.get(name, 0)
    if value is None:
        return 0
    if type(value) is not int or not 0 <= value <= most:
        raise BadMeta(name)
    return value


def _yes_no(words: Mapping[str, Any], name: str) -> bool | None:
    value = words.get(name)
    if value is not None and not isinstance(value, bool):
        raise BadMeta(name)
    return value


def _turn(value: Any) -> int:
    if type(value) is not int or value not in TURNS:
        raise BadMeta("turn")
    return value


def _list(words: Mapping[str, Any], name: str, most: int) -> list[Any]:
    value = words.get(name) or []
    if not isinstance(value, list) or len(value) > most:
        raise BadMeta(name)
    return value


def _object(words: Mapping[str, Any], name: str) -> dict[str, Any]:
    value = words.get(name) or {}
    if not isinstance(value, dict):
        raise BadMeta(name)
    return value


def _hint(value: Any) -> Hint | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise BadMeta("patient_hint")
    return Hint(_text(value, "name", 160), _text(value, "born", 20))
