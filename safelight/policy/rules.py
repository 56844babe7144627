"""Policy's rules: the bounds of a setting, decided from values alone."""

from dataclasses import dataclass
from typing import Any, Literal

from safelight.lib.refusals import BadInput

Kind = Literal["whole", "bytes", "text", "codes", "lines"]
MEGABYTE = 1_000_000
LONGEST_LINE = 160


@dataclass(frozen=True)
class Spec:
    """What one setting is: its default, its words, and the values it may take.

    `how` says what the software does with it, so that a page never promises more than is done.
    """

    default: Any
    title: str
    help: str
    kind: Kind
    group: str
    how: Literal["Enforced", "Alarm after", "Asked", "Stated"]
    unit: str = ""
    least: int = 0
    most: int = 0  # for text: its longest length
    choices: tuple[str, ...] = ()
    legal: str = ""  # the key of the legal rule that speaks before the default does


def checked_value(key: str, spec: Spec, value: Any) -> Any:
    """Return the value if the setting may take it; refuse in the words of the page otherwise.

    A yes or no is not a number here, although Python counts it as one.
    """
    match spec.kind:
        case "whole" | "bytes":
            if type(value) is not int or not spec.least <= value <= spec.most:
                raise BadInput(f"{spec.title}: {bounds_in_words(spec)}. Nothing was changed.")
        case "text":
            if not isinstance(value, str) or not spec.least <= len(value.strip()) <= spec.most:
                raise BadInput(f"{spec.title}: {bounds_in_words(spec)}. Nothing was changed.")
            return value.strip()
        case "codes":
            if not isinstance(value, list) or not set(map(str, value)) <= set(spec.choices):
                raise BadInput(f"{spec.title}: one of these is not known. Nothing was changed.")
            return [code for code in spec.choices if code in value]
        case "lines":
            return _checked_lines(spec, value)
    return value


def _checked_lines(spec: Spec, value: Any) -> list[str]:
    lines = value if isinstance(value, list) and all(isinstance(v, str) for v in value) else None
    if lines is None or len(lines) > spec.most or any(len(v) > LONGEST_LINE for v in lines):
        raise BadInput(f"{spec.title}: {bounds_in_words(spec)}. Nothing was changed.")
    return [line.strip() for line in lines if line.strip()]


def bounds_in_words(spec: Spec) -> str:
    """Say which values a setting may take, for the page and for its refusal."""
    match spec.kind:
        case "bytes":
            return f"from {spec.least // MEGABYTE} to {spec.most // MEGABYTE} MB"
        case "text":
            return f"at most {spec.most} characters" + (", not empty" if spec.least else "")
        case "codes":
            return "any of those listed"
        case "lines":
            return f"at most {spec.most} lines of at most {LONGEST_LINE} characters"
        case _:
            return f"a whole number from {spec.least} to {spec.most}"
