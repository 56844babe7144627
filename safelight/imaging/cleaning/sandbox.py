"""The cleaning sandbox, seen from the worker: what has to be decoded to be cleaned or proved.

What comes back is pixels in a container; it is taken apart and written again like any other file.
"""

import atexit
from functools import cache
from typing import Any

from safelight.imaging.answers import Answer
from safelight.imaging.cleaning.results import NotProved
from safelight.imaging.limits import MAX_BYTES, WITHOUT_LOSS
from safelight.imaging.sandbox import Decoder

MODULE = "safelight.imaging.cleaning.child"


class CleaningDecoder(Decoder):
    """A decoder server for cleaning."""

    max_bytes = 6 * MAX_BYTES
    """The file before and the cleaned one together."""

    def __init__(self) -> None:
        """Use our own child and limits."""
        super().__init__(limits=WITHOUT_LOSS, module=MODULE)

    def turn(self, data: bytes, orientation: int) -> tuple[bytes, str]:
        """Set a JPEG upright; says whether it was `turned` or `re-encoded`.

        One that is upright already is coded again, coefficient by coefficient: `exact`.
        """
        answer = self._ask({"task": "turn", "orientation": orientation}, data)
        without_loss = "exact" if orientation == 1 else "turned"
        is_exact = answer.header.get("how") == without_loss
        return _only(answer), without_loss if is_exact else "re-encoded"

    def recode(self, data: bytes, *, kind: str, orientation: int) -> tuple[bytes, str]:
        """Code a picture as an upright PNG: the same pixels, `coded anew`, or else `re-encoded`."""
        order = {"task": "recode", "kind": kind, "orientation": orientation}
        answer = self._ask(order, data)
        is_same = answer.header.get("how") == "coded anew"
        return _only(answer), "coded anew" if is_same else "re-encoded"

    def used(self, data: bytes) -> set[int]:
        """Return which colours of its palette a PNG uses."""
        found = self._ask({"task": "used"}, data).header.get("used")
        if not isinstance(found, list) or any(type(one) is not int for one in found):
            raise NotProved
        return set(found)

    def compare(
        self, before: bytes, after: bytes, *, kinds: tuple[str, str], orientation: int, how: str
    ) -> dict[str, Any]:
        """Decode both files and say whether they are `same` in pixels and alike in `colours`."""
        order = {
            "task": "compare", "split": len(before), "before": kinds[0], "after": kinds[1],
            "orientation": orientation, "how": how,
        }  # fmt: skip
        return self._ask(order, before + after).header


def _only(answer: Answer) -> bytes:
    if len(answer.blobs) != 1:
        raise NotProved
    return answer.blobs[0]


@cache
def cleaning_decoder() -> CleaningDecoder:
    """Return the cleaning decoder of this process, started at first use, ended with the process."""
    ours = CleaningDecoder()
    atexit.register(ours.close)
    return ours
