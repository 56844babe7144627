"""The sweep, on disk and on S3: what nobody names goes in the end, and can come back before."""

import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from safelight.vault import stores, sweeping
from safelight.vault.blobs import name_of
from safelight.vault.disk import DiskStore
from safelight.vault.sweeping import ASIDE_FOR, MOST, YOUNG, sweep, without
from tests.vault.test_stores import Damage
from tests.vault.test_stores import bucket as bucket
from tests.vault.test_stores import endpoint as endpoint
from tests.vault.test_stores import pair as pair

LATER = YOUNG + 60


class Rows:
    """A shelf that names what it was told to."""

    def __init__(self, *names: str) -> None:
        self.held = list(names)
        self.between: Callable[[], None] = lambda: None

    def names(self) -> Iterator[str]:
        yield from sorted(self.held)
        self.between()

    def holding(self, names: Collection[str]) -> set[str]:
        return set(names) & set(self.held)


def swept(store: stores.Store, rows: Sequence[Any], *, after: float) -> sweeping.Swept:
    return sweep(store, rows, now=time.time() + after)


def blob(number: int) -> bytes:
    return b"SLV1" + number.to_bytes(4, "big") * 20


@pytest.mark.parametrize(
    ("held", "named", "left"),
    [
        ("abc", "b", "ac"),
        ("", "abc", ""),
        ("abc", "", "abc"),
        ("bd", "abcde", ""),
        ("ad", "bc", "ad"),
    ],
)
def test_what_is_in_one_and_not_in_the_other(held: str, named: str, left: str) -> None:
    assert "".join(without(held, named)) == left


def test_what_no_row_names_goes_by_way_of_a_week_beside(
    pair: tuple[stores.Store, Damage],
) -> None:
    store, _ = pair
    kept, lost = store.put(blob(1)), store.put(blob(2))
    rows = [Rows(kept)]
    assert swept(store, rows, after=YOUNG - 60) == sweeping.Swept()
    assert swept(store, rows, after=LATER).aside == (lost,)
    assert list(store.names()) == [kept]
    assert [name for name, _ in store.aside()] == [lost]
    assert swept(store, rows, after=LATER + ASIDE_FOR - 60) == sweeping.Swept()
    assert swept(store, rows, after=LATER + ASIDE_FOR + 60).gone == (lost,)
    assert list(store.aside()) == []
    assert store.get(kept) == blob(1)


def test_what_is_named_again_comes_back_whole(pair: tuple[stores.Store, Damage]) -> None:
    store, _ = pair
    name, rows = store.put(blob(1)), Rows()
    assert swept(store, [rows], after=LATER).aside == (name,)
    with pytest.raises(stores.BlobMissing):
        store.get(name)
    rows.held = [name]
    assert swept(store, [rows], after=LATER + ASIDE_FOR * 5).back == (name,)
    assert store.get(name) == blob(1)
    assert list(store.aside()) == []


def test_what_a_row_names_in_the_last_moment_is_left_alone(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    name, rows = store.put(blob(1)), Rows()
    rows.between = lambda: rows.held.append(name)  # written while the sweep looks elsewhere
    assert swept(store, [rows], after=LATER) == sweeping.Swept()
    assert store.get(name) == blob(1)


def test_very_many_at_once_are_a_wrong_database_and_stay(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    for number in range(MOST + 1):
        data = blob(number)
        path = store._path(name_of(data))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    found = swept(store, [Rows()], after=LATER)
    assert found == sweeping.Swept(too_many=True)
    assert len(list(store.names())) == MOST + 1


def test_without_a_shelf_nothing_is_swept(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    store.put(blob(1))
    assert swept(store, [], after=LATER) == sweeping.Swept()
    assert len(list(store.names())) == 1


def test_two_sweeps_at_once_do_it_once(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    name = store.put(blob(1))
    store.set_aside(name, at=1.0)
    store.set_aside(name, at=2.0)
    assert list(store.aside()) == [(name, 1.0)]
    store.bring_back(name)
    store.bring_back(name)
    assert store.get(name) == blob(1)


def test_what_is_no_blob_of_ours_is_never_moved(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    stray = store.folder / "ab" / "README"
    stray.parent.mkdir(parents=True)
    stray.write_bytes(b"put here by hand")
    os.utime(stray, (0, 0))
    assert swept(store, [Rows()], after=LATER) == sweeping.Swept()
    assert stray.exists()


def test_a_strange_file_among_the_blobs_makes_no_other_look_unnamed(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    names = sorted(name_of(blob(number)) for number in range(MOST + 20))
    for name in [*names, names[0][:2] + "zz"]:
        path = store.folder / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"whatever")
    assert swept(store, [Rows(*names)], after=LATER) == sweeping.Swept()
