"""Searching a browser's whole profile folder for a name and for pictures in the clear."""

from collections.abc import Collection
from pathlib import Path

JPEG_HEAD = b"\xff\xd8\xff"
PNG_HEAD = b"\x89PNG\r\n\x1a\n"
SMALLEST = 20_000
"""Bytes. Chromium keeps small pictures of its own; a photo is far larger."""


def found_in(profile: Path, words: str, *, own: Collection[bytes]) -> list[str]:
    """Return where the words, in either encoding, or the head of a photo lie in the clear.

    `own` are the app's own pictures, its mark, which its service worker keeps.
    """
    found = []
    for path in profile.rglob("*"):
        try:
            raw = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        except FileNotFoundError:
            continue  # Chromium took it away while we looked
        for name, needle in (("UTF-8", words.encode()), ("UTF-16", words.encode("utf-16-le"))):
            if needle in raw:
                found.append(f"{name} words in {path.relative_to(profile)}")
        for mark in own:
            raw = raw.replace(mark, b"")
        if len(raw) > SMALLEST and _has_picture(raw):
            found.append(f"a picture in {path.relative_to(profile)}")
    return found


def _has_picture(raw: bytes) -> bool:
    """Say whether a JPEG (head, then a segment of tables or marks) or PNG begins anywhere."""
    if PNG_HEAD in raw and _far(raw, raw.index(PNG_HEAD)):
        return True
    at = raw.find(JPEG_HEAD)
    while at >= 0:
        if raw[at + 3 : at + 4] in (b"\xe0", b"\xe1", b"\xe2", b"\xdb") and _far(raw, at):
            return True
        at = raw.find(JPEG_HEAD, at + 1)
    return False


def _far(raw: bytes, at: int) -> bool:
    """Say whether enough follows for it to be a photo."""
    return len(raw) - at > SMALLEST
