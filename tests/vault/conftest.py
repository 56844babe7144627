"""What the vault's tests share: a keyring in memory, a practice, a photo, a patient."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from safelight.vault import keyring, recovery, root
from safelight.vault.keys import Keyring, new_keyring
from tests.vault.damage import NOON


@dataclass(frozen=True)
class Place:
    """Where a photo belongs."""

    practice: UUID
    photo: UUID
    patient: UUID | None


@dataclass(frozen=True)
class Saved:
    """A keyring on disk, and what opens it."""

    folder: Path
    root: bytes
    kits: tuple[recovery.Kit, recovery.Kit]


@pytest.fixture
def place() -> Place:
    return Place(uuid4(), uuid4(), uuid4())


@pytest.fixture
def ring(place: Place) -> Iterator[Keyring]:
    """The process's keyring, in memory, that knows the practice and one other."""
    made = new_keyring(recovery=(), at=NOON).with_practice(place.practice).with_practice(uuid4())
    keyring.use(made)
    yield made
    keyring.use(None)


@pytest.fixture
def saved(tmp_path: Path) -> Saved:
    """A keyring as `safelight init` leaves it: one generation, two kits."""
    made = Saved(tmp_path / "data" / "keyring", root.new_root(), recovery.make_recovery_kits())
    keyring.create_keyring(
        made.folder, root=made.root, recovery=[kit.recipient for kit in made.kits], at=NOON
    )
    return made
