"""Disk and S3 keep the same promises: what was put comes back, or is refused by name."""

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from safelight.vault import stores
from safelight.vault.disk import DiskStore, flatten
from safelight.vault.s3 import S3Store
from safelight.vault.scrub import Scrubbed, scrub
from tests.vault.damage import flipped

BYTES = b"SLV1" + os.urandom(300)
NAME = hashlib.sha256(BYTES).hexdigest()
GIANT = 1 << 43  # 8 TiB of holes: reading it would end in a MemoryError
BUCKET = "practice-photos"

Damage = Callable[[str, bytes | None], None]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """A real S3 server on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET)
    yield client
    for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=found["Key"])
    client.delete_bucket(Bucket=BUCKET)
    client.close()


@pytest.fixture(params=["disk", "s3"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[stores.Store, Damage]:
    """A store, and a hand that reaches behind it."""
    if request.param == "disk":
        store = DiskStore(tmp_path / "blobs")

        def damage_file(name: str, raw: bytes | None) -> None:
            path = store.folder / name[:2] / name
            path.unlink() if raw is None else path.write_bytes(raw)

        return store, damage_file
    client = request.getfixturevalue("bucket")
    endpoint = request.getfixturevalue("endpoint")

    def damage_object(name: str, raw: bytes | None) -> None:
        if raw is None:
            client.delete_object(Bucket=BUCKET, Key=f"blobs/{name}")
        else:
            client.put_object(Bucket=BUCKET, Key=f"blobs/{name}", Body=raw)

    return S3Store(BUCKET, endpoint=endpoint, region="us-east-1"), damage_object


def test_what_was_put_comes_back_under_its_hash(pair: tuple[stores.Store, Damage]) -> None:
    store, _ = pair
    assert store.put(BYTES) == NAME
    assert store.get(NAME) == BYTES
    assert store.exists(NAME)
    assert list(store.names()) == [NAME]


def test_putting_twice_keeps_one(pair: tuple[stores.Store, Damage]) -> None:
    store, _ = pair
    assert store.put(BYTES) == store.put(BYTES) == NAME
    assert list(store.names()) == [NAME]


def test_deleting_twice_changes_nothing(pair: tuple[stores.Store, Damage]) -> None:
    store, _ = pair
    store.put(BYTES)
    assert store.delete(NAME)
    assert not store.delete(NAME)
    assert not store.exists(NAME)
    with pytest.raises(stores.BlobMissing):
        store.get(NAME)


def test_a_changed_blob_is_refused(pair: tuple[stores.Store, Damage]) -> None:
    store, damage = pair
    store.put(BYTES)
    for bad in (*flipped(BYTES, 20), BYTES[:-1], b"", BYTES + b"\0"):
        damage(NAME, bad)
        with pytest.raises(stores.BlobDamaged):
            store.get(NAME)


def test_what_is_no_name_never_becomes_a_path(pair: tuple[stores.Store, Damage]) -> None:
    store, _ = pair
    for bad in ("", "../../etc/passwd", NAME.upper(), NAME + "\n", NAME[:-1], "\0" * 64, "." * 64):
        for ask in (store.get, store.exists, store.delete):
            with pytest.raises(stores.BadName):
                ask(bad)


def test_a_store_belongs_to_who_marked_it_first(pair: tuple[stores.Store, Damage]) -> None:
    store, _ = pair
    store.put(BYTES)
    store.require_owner("ours")
    store.require_owner("ours")
    with pytest.raises(stores.StoreOfAnother):
        store.require_owner("theirs")
    assert list(store.names()) == [NAME]


def test_a_scrub_names_exactly_the_bad_ones(pair: tuple[stores.Store, Damage]) -> None:
    store, damage = pair
    names = [store.put(b"SLV1" + bytes([n]) * 100) for n in range(8)]
    assert scrub(store) == Scrubbed(8, (), ())
    damage(names[1], b"SLV1" + bytes([1]) * 99 + b"\0")  # rot
    damage(names[2], b"")  # cut off
    damage(names[3], b"SLV1" + bytes([4]) * 100)  # another's bytes
    damage(names[5], None)  # gone
    found = scrub(store)
    assert set(found.damaged) == {names[1], names[2], names[3]}
    assert (found.checked, found.missing) == (7, ())
    found = scrub(store, expected=names)
    assert set(found.damaged) == {names[1], names[2], names[3]}
    assert (found.checked, found.missing) == (8, (names[5],))


def test_putting_again_mends_a_bad_file_on_disk(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    store.put(BYTES)
    (store.folder / NAME[:2] / NAME).write_bytes(b"rot")
    store.put(BYTES)
    assert store.get(NAME) == BYTES


def test_s3_never_writes_over_what_is_there(endpoint: str, bucket: Any) -> None:
    store = S3Store(BUCKET, endpoint=endpoint, region="us-east-1")
    bucket.put_object(Bucket=BUCKET, Key=f"blobs/{NAME}", Body=b"someone else's bytes")
    with pytest.raises(stores.BlobDamaged):
        store.put(BYTES)
    held = bucket.get_object(Bucket=BUCKET, Key=f"blobs/{NAME}")["Body"].read()
    assert held == b"someone else's bytes"


def test_s3_is_sent_the_hash_and_the_condition(endpoint: str, bucket: Any) -> None:
    store = S3Store(BUCKET, endpoint=endpoint, region="us-east-1")
    sent: list[dict[str, str]] = []
    store._client.meta.events.register(
        "before-send.s3.PutObject", lambda request, **_: sent.append(dict(request.headers))
    )
    store.put(BYTES)
    (headers,) = sent
    assert headers["If-None-Match"] in ("*", b"*")
    assert "x-amz-checksum-sha256" in {name.lower() for name in headers}


def test_an_s3_that_does_not_answer_is_refused_not_taken_for_loss(
    endpoint: str, bucket: Any
) -> None:
    nowhere = S3Store(BUCKET, endpoint="http://127.0.0.1:9", region="us-east-1")
    no_bucket = S3Store("no-such-bucket", endpoint=endpoint, region="us-east-1")
    for ask in (nowhere.get, nowhere.exists, nowhere.delete):
        with pytest.raises(stores.StoreUnreachable):
            ask(NAME)
    for store in (nowhere, no_bucket):
        with pytest.raises(stores.StoreUnreachable):
            store.put(BYTES)
        with pytest.raises(stores.StoreUnreachable):
            scrub(store)


def test_a_giant_file_in_the_store_is_not_read(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    store.put(BYTES)
    os.truncate(store.folder / NAME[:2] / NAME, GIANT)
    with pytest.raises(stores.BlobDamaged):
        store.get(NAME)


def test_blobs_of_an_older_release_are_brought_up_a_level(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    name = store.put(b"sealed before")
    below = store.folder / name[:2] / name[2:4]
    below.mkdir()
    (store.folder / name[:2] / name).rename(below / name)
    assert not store.exists(name)
    assert (flatten(store.folder), flatten(store.folder)) == (1, 0)
    assert store.get(name) == b"sealed before"
    assert list(store.names()) == [name]


def test_a_link_in_the_place_of_a_blob_is_not_followed(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "blobs")
    store.put(BYTES)
    path = store.folder / NAME[:2] / NAME
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(stores.BlobDamaged):
        store.get(NAME)


def test_the_settings_choose_the_store_once_for_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    told = SimpleNamespace(SAFELIGHT_DATA=tmp_path, SAFELIGHT_S3=None)
    monkeypatch.setattr(stores, "settings", told)
    assert isinstance(stores.store(), DiskStore)
    assert stores.store() is stores.store()
    assert (tmp_path / "blobs").stat().st_mode & 0o077 == 0
    told.SAFELIGHT_S3 = {"bucket": BUCKET, "endpoint": endpoint, "region": "us-east-1"}
    assert isinstance(stores.store(), S3Store)
    assert stores.store() is stores.store()
