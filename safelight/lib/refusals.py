"""Refusals: how Safelight says no, once, in plain words."""

from typing import ClassVar


class Refusal(Exception):
    """Something was not done. It carries a code for programs and a sentence for people.

    The sentence says what did not happen and why; `remedy` says every way on. Neither ever holds a
    patient's name (house rule 17), so a refusal may be logged as it is.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409

    def __init__(self, message: str, *, remedy: str = "") -> None:
        """Keep the sentence and the way on."""
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def told(self) -> dict[str, str]:
        """Return what a program is answered: the same words that a page shows."""
        return {"code": self.code, "message": self.message, "remedy": self.remedy}


class NotFound(Refusal):
    """Absent and forbidden look alike, so that nobody learns what exists."""

    code = "not_found"
    status = 404

    def __init__(self, message: str = "There is nothing here.", *, remedy: str = "") -> None:
        """Say the same sentence whatever was asked for."""
        super().__init__(message, remedy=remedy)


class BadInput(Refusal):
    """What came in does not have the form it must have; nothing was changed."""

    code = "bad_input"
    status = 400


class NotAllowed(Refusal):
    """This person's duties do not include this act."""

    code = "not_allowed"
    status = 403


class StepUp(Refusal):
    """This asks for a signature not older than five minutes (letter S)."""

    code = "step_up"
    status = 401
    way_on_words = "Confirm with my passkey"

    def __init__(self, way_back: str = "/") -> None:
        """Say what to do, and lead back to where it is done again; nothing was done yet."""
        super().__init__(
            "This needs your passkey again.", remedy="Confirm that it is you, then do it again."
        )
        self.way_on = f"/step-up?next={way_back}"
