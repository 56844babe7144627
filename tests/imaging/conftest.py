"""Shared by the imaging tests: the real decoder, and the pictures."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safelight.imaging.sandbox import Decoder

CORPUS = Path(__file__).parent / "corpus"


@pytest.fixture(scope="session")
def decoder() -> Iterator[Decoder]:
    with Decoder() as running:
        yield running


@pytest.fixture(scope="session")
def file() -> Callable[[str], bytes]:
    return lambda name: (CORPUS / name).read_bytes()
