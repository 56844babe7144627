"""Exports made without a server, honest or forged, and the verifier run on them."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from safelight.audit import tree
from safelight.audit.checkpoints import checkpoint_text
from safelight.audit.leaf import leaf_text
from tests.audit.conftest import ADA, NOON

VERIFIER = Path(__file__).parents[2] / "tools" / "verify_audit.py"
LOG = "safelight/audit/v1/01980000-0000-7000-8000-000000000001"


def leaf(n: int, action: str = "photo.viewed") -> str:
    """Return the leaf of an entry at a position."""
    return leaf_text(
        n,
        action,
        by=ADA,
        of=f"photo:{n}",
        patient=None,
        at=NOON,
        purpose="",
        outcome="done",
        detail_commit="",
    )


def root_of(leaves: Sequence[str]) -> bytes:
    """Return the root of a tree with these leaves."""
    frontier: list[bytes] = []
    for size, text in enumerate(leaves):
        frontier, _ = tree.append(size, frontier, tree.leaf_hash(text.encode()))
    return tree.root(frontier)


@dataclass
class Forge:
    """A log, the key that signs it, and a folder to write it to: the server, honest or not."""

    folder: Path
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    leaves: list[str] = field(default_factory=lambda: [leaf(n) for n in range(20)])
    sizes: tuple[int, ...] = (5, 12, 20)

    def checkpoint(
        self, size: int, *, key: Ed25519PrivateKey | None = None, log: str = LOG
    ) -> tuple[str, str]:
        """Return the text and signature over the first entries, as they are in this log."""
        text = checkpoint_text(log, size, root_of(self.leaves[:size]))
        return text, b64encode((key or self.key).sign(text.encode())).decode()

    def lines(self) -> list[dict[str, Any]]:
        """Return the export as objects, for a test to bend."""
        head = {
            "kind": "log",
            "format": "safelight-audit-export/1",
            "log": LOG,
            "size": len(self.leaves),
        }
        entries = [
            {"kind": "entry", "hash": tree.leaf_hash(text.encode()).hex(), "leaf": text}
            for text in self.leaves
        ]
        signed = [self.checkpoint(size) for size in self.sizes]
        marks = [{"kind": "checkpoint", "text": text, "signature": mark} for text, mark in signed]
        return [head, *entries, *marks]

    def kept(self, size: int, **how: Any) -> Path:
        """Write a checkpoint to a file, as kept elsewhere."""
        text, signature = self.checkpoint(size, **how)
        path = self.folder / f"kept-{len(list(self.folder.iterdir()))}.txt"
        path.write_text(f"{text}{signature}\n")
        return path

    def verify(
        self, lines: Sequence[dict[str, Any]] | bytes | None = None, *kept: Path
    ) -> tuple[int, str]:
        """Write the export and run the verifier on it; return its exit code and its words."""
        given = self.lines() if lines is None else lines
        export = self.folder / "export.jsonl"
        export.write_bytes(given if isinstance(given, bytes) else as_bytes(given))
        key = self.folder / "key.txt"
        if not key.exists():
            key.write_text(b64encode(self.key.public_key().public_bytes_raw()).decode() + "\n")
        return run(export, key, *kept)


def as_bytes(lines: Sequence[dict[str, Any]]) -> bytes:
    """Write objects as JSON lines."""
    return b"".join(json.dumps(line, ensure_ascii=False).encode() + b"\n" for line in lines)


def run(export: Path, key: Path, *kept: Path) -> tuple[int, str]:
    """Run the verifier in a process of its own, with no path to our code."""
    done = subprocess.run(
        [sys.executable, "-P", str(VERIFIER), "--key", key, export, *kept],
        capture_output=True,
        text=True,
        cwd="/",
        env={},
        check=False,
    )
    if done.stderr:
        raise RuntimeError(done.stderr)
    return done.returncode, done.stdout


Bend = Callable[[list[dict[str, Any]]], object]
