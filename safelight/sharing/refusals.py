"""Refusals that several acts of sharing share."""

from dataclasses import dataclass

from safelight.lib.refusals import Refusal
from safelight.sharing.models import Release


class MovedOn(Refusal):
    """The release is not at the step any more at which this can be done."""

    code = "moved_on"

    def __init__(self, release: Release | None = None) -> None:
        """Say where it is by now."""
        state = Release.State(release.state).label.lower() if release else "somewhere else"
        super().__init__(
            f"Not done. This is at another step by now: {state}.",
            remedy="Open it again and look.",
        )


class NotReady(Refusal):
    """Something is still missing before photos may leave. `missing` lists all of it."""

    code = "not_ready"

    def __init__(self, missing: list["Missing"]) -> None:
        """Say everything that is missing at once."""
        super().__init__(
            "Not sent. " + " ".join(item.words for item in missing),
            remedy=" ".join(dict.fromkeys(item.needed for item in missing if item.needed)),
        )
        self.missing = missing


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands before a release, the step that settles it, and what would."""

    step: str  # basis, recipient, hidden, preview, form
    words: str
    needed: str = ""
