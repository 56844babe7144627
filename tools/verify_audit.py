#!/usr/bin/env python3
"""Verify an exported audit log against signed checkpoints. It trusts no part of the server.

Usage: verify_audit.py --key KEY EXPORT [CHECKPOINT ...]

KEY is a file with the log's public key (32 bytes in base64), kept since the practice was set up.
EXPORT is what `safelight audit export` wrote. Each CHECKPOINT is a file of four lines kept away
from the server (by a phone, on paper, in a back-up). Without one, only the server vouches for
itself.

Exit code: 0 the log is whole and agrees with every checkpoint; 1 something was changed; 2 nothing
could be verified. The standard library, and one Ed25519 call of `cryptography`, are all it needs.
"""

import argparse
import base64
import binascii
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "safelight-audit-export/1"
LONGEST_LINE = 1_000_000
LEAF_KEYS = {
    *("n", "t", "actor", "role", "device", "action", "object", "patient", "purpose", "outcome"),
    "detail_commit",
}
LINE_KEYS = {
    "log": {"kind", "format", "log", "size"},
    "entry": {"kind", "hash", "leaf"},
    "checkpoint": {"kind", "text", "signature"},
}
WHOLE_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}")


class Changed(Exception):
    """The log is not what it was: exit code 1."""


class Unusable(Exception):
    """What was given cannot be verified at all: exit code 2."""


@dataclass(frozen=True)
class Checkpoint:
    """What someone signed: the log's name, its size then, and the root of its tree."""

    log: str
    size: int
    root: bytes
    source: str


@dataclass
class Tree:
    """The right edge of the tree of RFC 6962: all it takes to add leaves and know the root."""

    size: int = 0
    edge: list[bytes] = field(default_factory=list)

    def add(self, leaf: bytes) -> None:
        """Add the hash of a leaf, joining every pair of subtrees that it completes."""
        level = self.size
        while level & 1:
            leaf = sha256(b"\x01" + self.edge.pop() + leaf).digest()
            level >>= 1
        self.edge.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """Return the root of the tree as it stands."""
        found = self.edge[-1]
        for left in reversed(self.edge[:-1]):
            found = sha256(b"\x01" + left + found).digest()
        return found


def strict_json(text: str, where: str) -> dict[str, Any]:
    """Read one JSON object; a doubled key or a number that is none makes it unusable."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len({key for key, _ in pairs}) != len(pairs):
            raise ValueError("a key appears twice")
        return dict(pairs)

    def refuse(name: str) -> NoReturn:
        raise ValueError(f"{name} is not a number")

    try:
        found = json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Unusable(f"{where} is not readable JSON ({type(error).__name__}).") from error
    if not isinstance(found, dict):
        raise Unusable(f"{where} is not a JSON object.")
    return found


def from_base64(text: str, length: int, what: str) -> bytes:
    """Read base64 of exactly this many bytes, written in the one way it can be."""
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unusable(f"{what} is not base64.") from error
    if len(value) != length or base64.b64encode(value).decode() != text:
        raise Unusable(f"{what} does not hold {length} bytes in plain base64.")
    return value


def signed_checkpoint(
    text: str, signature: str, *, key: Ed25519PublicKey, source: str
) -> Checkpoint:
    """Read a checkpoint's three lines, and refuse it unless the key signed exactly these."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0] or not WHOLE_NUMBER.fullmatch(lines[1]):
        raise Unusable(f"The checkpoint from {source} is not three lines: name, size, root.")
    root = from_base64(lines[2], 32, f"The root in the checkpoint from {source}")
    mark = from_base64(signature, 64, f"The signature of the checkpoint from {source}")
    try:
        key.verify(mark, text.encode())
    except InvalidSignature as error:
        raise Changed(
            f"The checkpoint from {source} (size {lines[1]}) is forged: this key never signed it."
        ) from error
    if lines[1] == "0":
        raise Unusable(f"The checkpoint from {source} is of an empty log and proves nothing.")
    return Checkpoint(lines[0], int(lines[1]), root, source)


def lines_of(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Read an export line by line, however long it is. A last line cut off is unusable."""
    with path.open("rb") as file:
        number = 0
        while line := file.readline(LONGEST_LINE):
            number += 1
            where = f"Line {number} of the export"
            if not line.endswith(b"\n"):
                raise Unusable(f"{where} is cut off or too long.")
            try:
                found = strict_json(line.decode(), where)
            except UnicodeDecodeError as error:
                raise Unusable(f"{where} is not text.") from error
            wanted = LINE_KEYS.get(str(found.get("kind")))
            if wanted is None or set(found) != wanted:
                raise Unusable(f"{where} does not have the form of an export.")
            for name in wanted - {"size"}:
                if not isinstance(found[name], str):
                    raise Unusable(f"{where} does not have the form of an export.")
            yield where, found


def leaf_digest(line: dict[str, Any], position: int, where: str) -> bytes:
    """Return the hash of an entry's leaf, having checked its form, its place and its own hash."""
    text = line["leaf"]
    try:
        leaf = strict_json(text, where)
        digest = sha256(b"\x00" + text.encode()).digest()
    except (Unusable, UnicodeEncodeError) as error:
        raise Changed(f"Position {position} is wrong: its entry cannot be read.") from error
    if type(leaf.get("n")) is not int or set(leaf) != LEAF_KEYS:
        raise Changed(f"Position {position} is wrong: it does not have the form of an entry.")
    if leaf["n"] != position:
        raise Changed(
            f"Position {position} is wrong: it holds entry {leaf['n']}. "
            "An entry was dropped, added or moved here."
        )
    canonical = json.dumps(leaf, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    if canonical != text:
        raise Changed(f"Position {position} is wrong: the entry is not in its one true spelling.")
    if line["hash"] != digest.hex():
        raise Changed(
            f"Position {position} is wrong: the entry was edited, its hash no longer fits."
        )
    return digest


@dataclass
class Export:
    """What one pass over an export found: its name, every leaf's hash, its own checkpoints."""

    log: str
    leaves: list[bytes]
    checkpoints: list[Checkpoint]


def read_export(path: Path, key: Ed25519PublicKey) -> Export:
    """Read an export, checking that every entry stands in its place and none is missing."""
    lines = lines_of(path)
    _, head = next(lines, ("", {}))
    if head.get("kind") != "log" or head["format"] != FORMAT or type(head["size"]) is not int:
        raise Unusable("The export is empty or does not begin with the name of a log.")
    found = Export(head["log"], [], [])
    for where, line in lines:
        if line["kind"] == "log":
            raise Unusable(f"{where} begins a second log.")
        if line["kind"] == "entry":
            if found.checkpoints:
                raise Unusable(f"{where} is an entry after the checkpoints.")
            found.leaves.append(leaf_digest(line, len(found.leaves), where))
        else:
            source = where.lower()
            found.checkpoints.append(
                signed_checkpoint(line["text"], line["signature"], key=key, source=source)
            )
    count = len(found.leaves)
    if count < head["size"]:
        raise Changed(
            f"Position {count} is wrong: the export ends there, and says it has {head['size']} "
            "entries. Entries were cut off."
        )
    if count > head["size"]:
        raise Changed(f"Position {head['size']} is wrong: entries were added at the end.")
    if not count:
        raise Unusable("The export has no entries, so it proves nothing.")
    return found


def read_checkpoint(path: Path, key: Ed25519PublicKey) -> Checkpoint:
    """Read a checkpoint kept as a file: its three lines, then the signature in base64."""
    try:
        lines = path.read_text().rstrip("\n").split("\n")
    except UnicodeDecodeError as error:
        raise Unusable(f"The checkpoint {path.name} is not text.") from error
    if len(lines) != 4:
        raise Unusable(f"The checkpoint {path.name} is not four lines.")
    text = "".join(f"{line}\n" for line in lines[:3])
    return signed_checkpoint(text, lines[3], key=key, source=path.name)


def require_agreement(export: Export, checkpoints: list[Checkpoint]) -> None:
    """Check every checkpoint against the tree of the entries.

    Checkpoints that are all roots of this one list of leaves are consistent pair by pair: each
    smaller one is the beginning of each larger.
    """
    for mark in checkpoints:
        if mark.log != export.log:
            raise Unusable(f"The checkpoint from {mark.source} is of another log.")
    in_order = sorted(checkpoints, key=lambda mark: mark.size)
    for one, other in pairwise(in_order):
        if one.size == other.size and one.root != other.root:
            raise Changed(
                f"Two signed checkpoints of size {one.size} differ ({one.source}; {other.source}): "
                "the server has shown two different logs."
            )
    tree = Tree()
    agreed = 0
    for mark in in_order:
        if mark.size > len(export.leaves):
            raise Changed(
                f"Position {len(export.leaves)} is wrong: the export ends there, and the "
                f"checkpoint from {mark.source} covers {mark.size} entries. Entries were cut off."
            )
        while tree.size < mark.size:
            tree.add(export.leaves[tree.size])
        if tree.root() != mark.root:
            raise Changed(
                f"The first wrong position lies from {agreed} to {mark.size - 1}: the entries "
                f"before {agreed} agree with what was signed, the checkpoint from {mark.source} "
                f"(size {mark.size}) does not."
            )
        agreed = mark.size


def verify(export_path: Path, checkpoint_paths: list[Path], key_path: Path) -> str:
    """Verify everything given and return what was found in words; raise when it does not hold."""
    raw = from_base64(key_path.read_text().strip(), 32, "The public key")
    key = Ed25519PublicKey.from_public_bytes(raw)
    kept = [read_checkpoint(path, key) for path in checkpoint_paths]
    export = read_export(export_path, key)
    checkpoints = [*export.checkpoints, *kept]
    if not checkpoints:
        raise Unusable("There is no checkpoint, so there is nothing to verify the entries against.")
    require_agreement(export, checkpoints)
    covered = max(mark.size for mark in checkpoints)
    report = [
        f"The log {export.log} is whole: {len(export.leaves)} entries, in order.",
        f"It agrees with {len(checkpoints)} signed checkpoints, {len(kept)} kept elsewhere.",
    ]
    if covered < len(export.leaves):
        report.append(f"Entries from position {covered} on are not covered by any checkpoint yet.")
    if not kept:
        report.append("No checkpoint kept elsewhere was given: only the server vouches for this.")
    return "\n".join(report)


def main() -> int:
    """Read the command line, verify, and say the outcome in words."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--key", type=Path, required=True, help="file with the public key, base64")
    parser.add_argument("export", type=Path, help="file written by `safelight audit export`")
    parser.add_argument(
        "checkpoint", type=Path, nargs="*", help="files of four lines, kept elsewhere"
    )
    given = parser.parse_args()
    try:
        sys.stdout.write(verify(given.export, given.checkpoint, given.key) + "\n")
    except Changed as found:
        sys.stdout.write(f"NOT THE SAME LOG. {found}\n")
        return 1
    except (Unusable, OSError, UnicodeError) as found:
        sys.stdout.write(f"NOT VERIFIED. {found}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
