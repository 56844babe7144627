"""The checklist: what in a picture tells who it is. Decided again for every release (G20, G21)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from safelight.consent.uses import USES
from safelight.patients.rules import fold

ABSENT, HIDDEN, NEEDED = "no", "hidden", "needed"
SURE_NOT, UNSURE, RARE = "no", "not_sure", "yes"
PUBLIC: Final = frozenset({"publication", "social_media"})
RARITY: Final = "rarity"
LONGEST_NOTE: Final = 300
SHORTEST_NUMBER: Final = 5
"""Signs of a number that is looked for in free words: "17" would be found in any measure (ours)."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to look for."""

    key: str
    title: str
    hint: str
    may_be_needed: bool = True  # may stay visible, if somebody writes down why


CHECKLIST: Final[dict[str, Question]] = {
    question.key: question
    for question in (
        Question("eyes", "Eyes", "Both eyes, one eye, or part of one", may_be_needed=False),
        Question(
            "face_shape",
            "Shape of the face",
            "Nose, mouth, chin, ears, profile. A bar over the eyes is not enough",
            may_be_needed=False,
        ),
        Question("race", "Ancestry", "Skin tone, hair, features"),
        Question("age", "Age", "Wrinkles, hair, a child’s hand"),
        Question("scars", "Scars", "Also old ones beside the place shown"),
        Question("birthmarks", "Birthmarks", "Moles and marks beside the place shown"),
        Question("tattoos", "Tattoos", "Also a part of one", may_be_needed=False),
        Question("piercings", "Piercings and jewellery", "Rings, studs, watches, clothes"),
        Question(
            "text",
            "Writing in the picture",
            "Wristbands, screens, labels, papers, the room",
            may_be_needed=False,
        ),
        Question(RARITY, "So rare that it names them?", "The rarer it is, the easier to know who"),
    )
}
"""From the guide (G20: eyes, face, race, age, scars, birthmarks, tattoos, piercings; rarity) and
law-au section 10; writing in the picture is ours."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """One thing on the list that still stands in the way, and what would settle it."""

    key: str
    words: str
    needed: str


def unsettled(
    answers: Mapping[str, Mapping[str, Any]],
    *,
    use: str,
    anything_hidden: bool,
    recognisable: bool,
) -> list[Unsettled]:
    """Return what on the list is unanswered, or answered so that these photos may not go.

    `anything_hidden`: a crop or a cover is on at least one photo. `recognisable`: one without any
    was marked as showing who it is when it was taken.
    """
    found = []
    for key, question in CHECKLIST.items():
        answer = answers.get(key, {})
        said, note = str(answer.get("answer", "")), str(answer.get("note", "")).strip()
        found += _rarity(said, note, use) if key == RARITY else _visible(question, said, note)
    hidden = any(a.get("answer") == HIDDEN for k, a in answers.items() if k != RARITY)
    if hidden and not anything_hidden:
        found.append(
            Unsettled(
                "hidden",
                "The list says something is hidden, but nothing is cropped or covered.",
                "Crop or cover the photo.",
            )
        )
    if recognisable:
        found.append(
            Unsettled(
                "recognisable",
                "A photo was marked as showing who it is, and nothing of it is hidden.",
                "Crop or cover that photo.",
            )
        )
    return found


def _visible(question: Question, said: str, note: str) -> list[Unsettled]:
    if said in (ABSENT, HIDDEN):
        return []
    if said != NEEDED:
        return [Unsettled(question.key, f"{question.title}: not answered.", "Look, then answer.")]
    if not question.may_be_needed:
        return [
            Unsettled(
                question.key,
                f"{question.title}: this cannot stay visible with the name hidden.",
                "Crop or cover it.",
            )
        ]
    if not note:
        return [
            Unsettled(
                question.key,
                f"{question.title}: stays visible, and nobody wrote down why.",
                "Write down why it is needed.",
            )
        ]
    return []


def _rarity(said: str, note: str, use: str) -> list[Unsettled]:
    title = CHECKLIST[RARITY].title
    if said == SURE_NOT:
        return []
    if said not in (UNSURE, RARE):
        return [Unsettled(RARITY, f"{title} Not answered.", "Think of who might see it.")]
    if use in PUBLIC:
        return [
            Unsettled(
                RARITY,
                "What may be so rare that it names the patient cannot be made public.",
                "Choose another photo, or another use.",
            )
        ]
    if not note:
        return [
            Unsettled(
                RARITY,
                f"{title} Nobody wrote down why it may go all the same.",
                "Write down who will see it, and why they will not know who it is.",
            )
        ]
    return []


def needs_hidden(use: str) -> bool:
    """Say whether a use takes only copies that name nobody (G14, G20, G33)."""
    return use in USES and USES[use].name_hidden


def needs_checklist(use: str, form: str) -> bool:
    """Say whether the checklist is asked before these photos may go."""
    return needs_hidden(use) or form == "teaching_set"


def needs_second(use: str, form: str) -> bool:
    """Say whether a second person checks first: what is public, and every teaching set (G21)."""
    return (use in USES and USES[use].second_person) or form == "teaching_set"


def names_someone(words: str, names: Sequence[str]) -> bool:
    """Say whether free words hold one of these names, as a word of its own, accents or not."""
    parts = {part for name in names for part in _parts(name) if len(part) > 1}
    return bool(parts & _parts(words))


def _parts(words: str) -> set[str]:
    """Return the words in some words, as they are spelt and as they are searched."""
    spelt = "".join(sign if sign.isalnum() else " " for sign in words.casefold()).split()
    return {*spelt, *fold(words).split()}


def numbers_someone(words: str, numbers: Sequence[str], born: date) -> bool:
    """Say whether free words hold a number that is one person's, or their day of birth.

    Gaps and signs do not count, as people write both in many ways.
    """
    told = _run_on(words)
    days = [f"{born:%d%m%Y}", f"{born.day}{born.month}{born.year}", f"{born:%Y%m%d}"]
    days += [f"{born.day}{born:%b%Y}", f"{born.day}{born:%B%Y}"]
    known = [number for one in numbers if len(number := _run_on(one)) >= SHORTEST_NUMBER]
    return any(one in told for one in (*known, *map(_run_on, days)))


def _run_on(words: str) -> str:
    return "".join(sign for sign in words.casefold() if sign.isalnum())
