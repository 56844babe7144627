"""The ledger as a page shows it: where each copy of a photo is, why, and what ends it."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from safelight.photos import copies
from safelight.photos.models import Copy, Photo
from safelight.sharing.reading import shares_of_copies
from safelight.web.desk.templatetags.words import day, moment, span


@dataclass(frozen=True)
class LedgerRow:
    """One line of "Where is this photo?"."""

    copy: Copy
    where: str
    holder: str
    why: str
    known: str
    begin: float
    end: float
    state: str
    state_words: str
    ends: str
    may_end: bool
    share: UUID | None = None  # the share it went out by
    ends_now: bool = False  # a link: ending it is one press
    files: tuple["LedgerRow", ...] = ()  # what lies in this one place, each a copy of its own


def _ends(copy: Copy, *, at: datetime) -> tuple[str, str, str]:
    """Return a copy's mark, the word beside it, and what ends it."""
    if copy.state == Copy.State.HANDED_OVER:
        return "gone", "Handed over", copy.end_evidence or "Theirs to keep"
    if copy.state == Copy.State.OUT_OF_REACH:
        return "alarm", "Out of reach", copy.end_evidence
    if copy.ended_at is not None:
        held = span(copy.ended_at - copy.since)
        return "gone", f"Held for {held}", f"Gone {moment(copy.ended_at)}"
    if not copy.outside:
        return "in", "Kept with the record", "Disposal review"
    if copy.due_at is not None and copy.due_at < at:
        return "alarm", f"{span(at - copy.due_at)} overdue", f"Was due {day(copy.due_at)}"
    if copy.due_at is not None:
        return "out", f"Ends {day(copy.due_at)}", ""
    return "out", "Outside", "The phone, when it shows the photo is gone"


BY_SHARE = {Copy.Holder.SHARE, Copy.Holder.PACKAGE, Copy.Holder.PAPER, Copy.Holder.RECIPIENT}
RENDITIONS = {
    "original": "Original, untouched",
    "view": "For looking at",
    "thumb": "Small",
    "cleaned": "The finished copy",
    "concealed": "The finished copy, parts hidden",
}


def _one_vault(rows: list[LedgerRow]) -> list[LedgerRow]:
    """Gather the vault's files of a photo under one place; the files stay whole beneath it."""
    files = tuple(row for row in rows if row.copy.holder == Copy.Holder.VAULT)
    if not files:
        return rows
    count = "1 file" if len(files) == 1 else f"{len(files)} files"
    vault = replace(files[0], where="Practice vault", holder=count, files=files)
    return [vault, *(row for row in rows if row not in files)]


def ledger(photo: Photo, *, at: datetime) -> dict[str, list[LedgerRow]]:
    """Group a photo's copies as the page shows them. Times become shares of the photo's life."""
    life = max((at - photo.taken_at).total_seconds(), 1.0)
    rows: dict[str, list[LedgerRow]] = {"outside": [], "inside": [], "gone": []}
    found = list(copies.where_is(photo))
    shares = shares_of_copies([copy for copy in found if copy.holder in BY_SHARE])
    for copy in found:
        state, words, ends = _ends(copy, at=at)
        group = "gone" if state == "gone" else "outside" if copy.outside else "inside"
        name = Copy.Holder(copy.holder).label
        rows[group].append(
            LedgerRow(
                copy=copy,
                where=f"{name} {copy.number}" if copy.number else name,
                holder=copy.holder_name or RENDITIONS.get(copy.rendition, copy.rendition),
                why=copy.basis,
                known=(copy.end_evidence if state == "gone" else "") or copy.evidence,
                begin=(copy.since - photo.taken_at).total_seconds() / life,
                end=((copy.ended_at or at) - photo.taken_at).total_seconds() / life,
                state=state,
                state_words=words,
                ends=ends,
                may_end=group == "outside" and copy.holder == Copy.Holder.PAPER,
                share=shares.get(copy.pk) if group == "outside" else None,
                ends_now=copy.holder == Copy.Holder.SHARE,
            )
        )
    return rows | {"inside": _one_vault(rows["inside"])}
