"""Ends: the codes of why a release ended, each with its words."""

from typing import Final

BY_DATE, WITHDRAWN, RECALLED, USED_UP = "date", "withdrawn", "recalled", "used_up"
SENDER_LEFT, PIN, MOVED, UNDONE, REFUSED = "sender_left", "pin", "moved", "undone", "refused"
DECLINED: Final = "declined"
YES_OVER: Final = "yes_over"

ENDS: Final[dict[str, str]] = {
    BY_DATE: "Its time was over",
    WITHDRAWN: "The patient took the yes back",
    YES_OVER: "The yes it stood on is over",
    RECALLED: "Stopped by a person",
    USED_UP: "Opened as often as was agreed",
    SENDER_LEFT: "Whoever sent it has left the practice",
    PIN: "Too many wrong PINs",
    MOVED: "A photo in it went to another record",
    UNDONE: "Undone before it left",
    REFUSED: "It could not go",
    DECLINED: "The second person said no",
}
