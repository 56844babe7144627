"""Shared by the cleaning tests: the real sandbox, and an outside witness."""

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safelight.imaging.cleaning import Cleaned, clean, verify
from safelight.imaging.cleaning.sandbox import CleaningDecoder
from tests.imaging.cleaning.making import holds_secret

Tidy = Callable[[bytes], Cleaned]
Witness = Callable[[bytes, str], dict[str, object]]


@pytest.fixture(scope="session")
def cleaner() -> Iterator[CleaningDecoder]:
    with CleaningDecoder() as running:
        yield running


@pytest.fixture(scope="session")
def tidy(cleaner: CleaningDecoder) -> Tidy:
    """Clean, and hold every cleaned file to what is true of all of them."""

    def act(data: bytes) -> Cleaned:
        cleaned = clean(data, decoder=cleaner)
        assert not holds_secret(cleaned.data)
        verify(cleaned.data, decoder=cleaner)
        again = clean(cleaned.data, decoder=cleaner)
        assert again.data == cleaned.data
        assert again.what_was_removed == []
        return cleaned

    return act


@pytest.fixture(scope="session")
def witness(tmp_path_factory: pytest.TempPathFactory) -> Witness:
    """Ask exiftool what it sees in a file, by group."""
    folder: Path = tmp_path_factory.mktemp("witness")

    def ask(data: bytes, ending: str) -> dict[str, object]:
        file = folder / f"seen{ending}"
        file.write_bytes(data)
        said = subprocess.run(
            ["exiftool", "-a", "-u", "-U", "-ee3", "-G1", "-s", "-struct", "-j", str(file)],
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        seen: dict[str, object] = json.loads(said)[0]
        return seen

    return ask
