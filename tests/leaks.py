"""Leaks: what no test may leave behind, whoever wrote it: a name in a log, a step outside."""

import logging
import os
import re
import sys
import tempfile
from pathlib import Path
from typing import Final

from tests.alone import sitecustomize as alone

# Who plays in the tests, what is written of them, and what opens a link.
CAST: Final = re.compile(
    r"\b(?:Testcase|Testkase|Quinn|Elsewhere|Unseen|Faraway)|\b(?:Specimen|Placeholder|Standin"
    r"|Dummyname|Prototype|Pretend|Fictional)\b|\bDr Nil\b|[@.](?:dummy|specimen)\.example"
    r"|Darker at the lower|Naevus|Left forearm|Skin check|WL-00\d|14 Sample",
    re.IGNORECASE,
)
TOKEN: Final = re.compile(
    r"(?<![\w./-])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)[\w-]{43}(?![\w-])"
)


def said_in(text: str) -> list[str]:
    """Return the names, notes and tokens that a piece of a log carries."""
    return CAST.findall(text) + TOKEN.findall(text)


class Listener(logging.Handler):
    """Reads every technical log of a test run, whichever part of the house writes it."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        super().__init__(level=logging.NOTSET)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what should not be there. A trace counts too: an error may quote a row."""
        text = self.format(record)
        if said_in(text):
            self.found.append(f"{record.name}: {text}")


class Guard:
    """Stands over a whole run: it hears the logs, and notes what was tried outside."""

    def __init__(self) -> None:
        """Begin to listen, here and in every Python that is started from here."""
        self.listener = Listener()
        logging.getLogger().addHandler(self.listener)
        self.notes = Path(tempfile.mkdtemp(prefix="safelight-alone-")) / "notes"
        os.environ[alone.NOTES] = str(self.notes)
        paths = [str(Path(alone.__file__).parent), os.environ.get("PYTHONPATH", "")]
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
        sys.addaudithook(alone.watch)

    def found(self) -> list[str]:
        """Return what was left behind since the last time, and forget it."""
        found, self.listener.found = self.listener.found, []
        if self.notes.exists():
            found += self.notes.read_text().splitlines()
            self.notes.unlink()
        return found
