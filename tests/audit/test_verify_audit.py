"""The verifier script, run as a process on honest and forged exports."""

import importlib.util
import json
from base64 import b64encode
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safelight.audit import tree
from tests.audit.exports import VERIFIER, Bend, Forge, as_bytes, leaf


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    return Forge(tmp_path)


def rehashed(line: dict[str, Any], text: str) -> None:
    """Change an entry as a careful forger does: its own hash fits again."""
    line.update(leaf=text, hash=tree.leaf_hash(text.encode()).hex())


def edited(lines: list[dict[str, Any]]) -> None:
    rehashed(lines[8], lines[8]["leaf"].replace("photo.viewed", "photo.filed"))


def renumber(lines: list[dict[str, Any]], start: int) -> object:
    for n, line in enumerate(lines, start):
        rehashed(line, line["leaf"].replace(f'"n":{n + 1},', f'"n":{n},'))
    return lines


def without(lines: list[dict[str, Any]], start: int, end: int | None) -> object:
    del lines[start:end]
    return lines


def test_an_honest_log_is_whole(forge: Forge) -> None:
    code, words = forge.verify(None, forge.kept(5), forge.kept(17))
    assert code == 0
    assert "20 entries, in order" in words
    assert "5 signed checkpoints, 2 kept elsewhere" in words


def test_it_says_when_only_the_server_vouches_and_what_is_not_covered(forge: Forge) -> None:
    forge.sizes = (5,)
    code, words = forge.verify()
    assert code == 0
    assert "only the server vouches" in words
    assert "from position 5 on are not covered" in words


FORGERIES: dict[str, tuple[Bend, str]] = {
    "edited": (lambda lines: lines[8].update(leaf=leaf(7, "photo.filed")), "Position 7 is wrong"),
    "edited and rehashed": (edited, "lies from 5 to 11"),
    "dropped": (lambda lines: lines.pop(8), "Position 7 is wrong: it holds entry 8"),
    "dropped, size mended": (
        lambda lines: (lines.pop(8), lines[0].update(size=19)),
        "Position 7 is wrong: it holds entry 8",
    ),
    "dropped and renumbered": (
        lambda lines: (
            lines.pop(8),
            renumber(lines[8:20], start=7),
            lines[0].update(size=19),
        ),
        "lies from 5 to 11",
    ),
    "reordered": (
        lambda lines: lines.insert(4, lines.pop(9)),
        "Position 3 is wrong: it holds entry 8",
    ),
    "doubled": (lambda lines: lines.insert(4, lines[3]), "Position 3 is wrong: it holds entry 2"),
    "inserted": (
        lambda lines: lines.insert(4, {**lines[4], "leaf": leaf(3, "photo.filed")}),
        "Position 3 is wrong",
    ),
    "truncated": (lambda lines: lines.pop(20), "Position 19 is wrong: the export ends there"),
    "truncated, size mended": (
        lambda lines: (lines.pop(20), lines[0].update(size=19)),
        "Position 19 is wrong: the export ends there",
    ),
    "emptied": (lambda lines: without(lines, 1, None), "Position 0 is wrong"),
    "added at the end": (
        lambda lines: lines.insert(
            21,
            {"kind": "entry", "hash": tree.leaf_hash(leaf(20).encode()).hex(), "leaf": leaf(20)},
        ),
        "Position 20 is wrong: entries were added",
    ),
    "respelled": (
        lambda lines: rehashed(lines[8], json.dumps(json.loads(lines[8]["leaf"]))),
        "Position 7 is wrong: the entry is not in its one true spelling",
    ),
    "field added": (
        lambda lines: rehashed(lines[8], lines[8]["leaf"].replace("{", '{"a":1,', 1)),
        "Position 7 is wrong",
    ),
    "field doubled": (
        lambda lines: rehashed(lines[8], lines[8]["leaf"].replace("{", '{"n":7,', 1)),
        "Position 7 is wrong",
    ),
    "leaf unreadable": (lambda lines: lines[8].update(leaf="{"), "Position 7 is wrong"),
    "leaf is not an object": (lambda lines: lines[8].update(leaf="7"), "Position 7 is wrong"),
    "position is true": (
        lambda lines: rehashed(lines[2], lines[2]["leaf"].replace('"n":1', '"n":true')),
        "Position 1 is wrong",
    ),
    "checkpoint root changed": (
        lambda lines: lines[22].update(text=lines[22]["text"].replace("\n12\n", "\n11\n")),
        "(size 11) is forged",
    ),
    "checkpoint signature of another": (
        lambda lines: lines[22].update(signature=lines[23]["signature"]),
        "(size 12) is forged",
    ),
    "checkpoint made by another key": (
        lambda lines: lines[22].update(
            signature=b64encode(
                Ed25519PrivateKey.generate().sign(lines[22]["text"].encode())
            ).decode()
        ),
        "(size 12) is forged",
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_found_and_its_place_named(forge: Forge, name: str) -> None:
    bend, said = FORGERIES[name]
    lines = forge.lines()
    bend(lines)
    code, words = forge.verify(lines)
    assert (code, "NOT THE SAME LOG" in words) == (1, True)
    assert said in words


def test_a_server_that_rewrites_and_signs_anew_is_found_by_a_kept_checkpoint(forge: Forge) -> None:
    kept = [forge.kept(5), forge.kept(12)]
    forge.leaves[7] = leaf(7, "photo.filed")
    assert forge.verify()[0] == 0
    code, words = forge.verify(None, *kept)
    assert code == 1
    assert "Two signed checkpoints of size 12 differ" in words


def test_a_rewritten_place_is_named_between_kept_checkpoints(forge: Forge) -> None:
    kept = [forge.kept(6), forge.kept(9)]
    forge.leaves[7] = leaf(7, "photo.filed")
    code, words = forge.verify(None, *kept)
    assert code == 1
    assert "lies from 6 to 8" in words


def test_a_server_that_shortens_and_signs_anew_is_found_by_a_kept_checkpoint(forge: Forge) -> None:
    kept = forge.kept(20)
    forge.leaves, forge.sizes = forge.leaves[:15], (5, 15)
    assert forge.verify()[0] == 0
    code, words = forge.verify(None, kept)
    assert code == 1
    assert "Position 15 is wrong" in words


def test_a_forged_kept_checkpoint_is_found(forge: Forge) -> None:
    kept = forge.kept(12, key=Ed25519PrivateKey.generate())
    code, words = forge.verify(None, kept)
    assert code == 1
    assert "is forged" in words


def test_another_public_key_finds_every_checkpoint_forged(forge: Forge, tmp_path: Path) -> None:
    other = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
    (tmp_path / "key.txt").write_text(b64encode(other).decode())
    assert forge.verify()[0] == 1


UNUSABLE: dict[str, bytes | Bend] = {
    "nothing": b"",
    "an empty line": b"\n",
    "no JSON": b"an export\n",
    "not text": b"\xff\xfe\n",
    "a list": b"[]\n",
    "deep nesting": b"[" * 200_000 + b"\n",
    "an empty log": lambda lines: (without(lines, 1, 21), lines[0].update(size=0)),
    "no head": lambda lines: lines.pop(0),
    "two heads": lambda lines: lines.insert(1, lines[0]),
    "another format": lambda lines: lines[0].update(format="something/1"),
    "a size in words": lambda lines: lines[0].update(size="20"),
    "a size that is true": lambda lines: lines[0].update(size=True),
    "no checkpoint": lambda lines: without(lines, 21, None),
    "an unknown line": lambda lines: lines.insert(3, {"kind": "note"}),
    "a line too much": lambda lines: lines[3].update(more="x"),
    "a leaf that is not text": lambda lines: lines[3].update(leaf={}),
    "an entry after the checkpoints": lambda lines: lines.append(lines[1]),
    "a checkpoint of four lines": lambda lines: lines[22].update(text=lines[22]["text"] + "x\n"),
    "a checkpoint with a written-out size": lambda lines: lines[22].update(
        text=lines[22]["text"].replace("\n12\n", "\n012\n")
    ),
    "a root too short": lambda lines: lines[22].update(text="log\n12\nAAAA\n"),
    "a signature that is not base64": lambda lines: lines[22].update(signature="é"),
    "a log of another name": lambda lines: lines[0].update(log="another"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_verified_is_refused(forge: Forge, name: str) -> None:
    bend = UNUSABLE[name]
    given: bytes | list[dict[str, Any]]
    if isinstance(bend, bytes):
        given = bend
    else:
        given = forge.lines()
        bend(given)
    code, words = forge.verify(given)
    assert (code, "NOT VERIFIED" in words) == (2, True)


def test_a_key_written_twice_is_refused(forge: Forge) -> None:
    twice = as_bytes(forge.lines()).replace(b'"size": 20', b'"size": 1, "size": 20')
    assert forge.verify(twice)[0] == 2


def test_a_signature_in_another_spelling_is_refused(forge: Forge) -> None:
    lines = forge.lines()
    mark = lines[22]["signature"]
    spare_bits = {"A": "B", "Q": "R", "g": "h", "w": "x"}
    lines[22].update(signature=f"{mark[:-3]}{spare_bits[mark[-3]]}==")
    assert forge.verify(lines)[0] == 2


def test_an_export_cut_off_in_a_line_is_refused(forge: Forge) -> None:
    assert forge.verify(as_bytes(forge.lines())[:-1])[0] == 2


@pytest.mark.parametrize("content", [b"", b"\xff", b"a\nb\nc\nd\n", b"one line\n"])
def test_a_malformed_kept_checkpoint_is_refused(
    forge: Forge, tmp_path: Path, content: bytes
) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_bytes(content)
    assert forge.verify(None, kept)[0] == 2


def test_a_kept_checkpoint_of_another_log_is_refused(forge: Forge) -> None:
    code, words = forge.verify(None, forge.kept(12, log="safelight/audit/v1/another"))
    assert code == 2
    assert "another log" in words


@pytest.mark.parametrize("content", [b"", b"\xff", b"AAAA", b"not a key"])
def test_a_malformed_key_is_refused(forge: Forge, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key.txt").write_bytes(content)
    assert forge.verify()[0] == 2


def test_a_missing_file_is_refused(forge: Forge, tmp_path: Path) -> None:
    assert forge.verify(None, tmp_path / "absent.txt")[0] == 2


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The script as a module, for the test that needs it two thousand times."""
    spec = importlib.util.spec_from_file_location("verify_audit", VERIFIER)
    if spec is None or spec.loader is None:
        raise RuntimeError("The verifier is not where it should be.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_single_changed_byte_of_an_export_goes_unseen(
    forge: Forge, tmp_path: Path, script: ModuleType
) -> None:
    forge.leaves, forge.sizes = forge.leaves[:3], (1, 3)
    forge.verify()
    export, key = tmp_path / "export.jsonl", tmp_path / "key.txt"
    honest = export.read_bytes()
    script.verify(export, [], key)
    for place in range(len(honest)):
        for bit in (1, 0x20):
            bent = bytes([*honest[:place], honest[place] ^ bit, *honest[place + 1 :]])
            export.write_bytes(bent)
            with pytest.raises((script.Changed, script.Unusable)):
                script.verify(export, [], key)
