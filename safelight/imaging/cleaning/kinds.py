"""Kinds: what a file is by its first bytes, without loading a decoder."""

from safelight.imaging.cleaning.results import UnknownKind

HEIC_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
OTHER_BRANDS = frozenset({b"avif", b"avis", b"hevc", b"hevx", b"msf1"})
ENDINGS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "heic": ".heic"}
"""How the name of a cleaned file ends."""


def kind_of(data: bytes) -> str:
    """Name the kind. Raises UnknownKind for all that is not one of the six."""
    if data[:3] == b"\xff\xd8\xff":
        return "jpeg"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    if data[:4] in (b"II*\0", b"MM\0*"):
        return "tiff"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if data[4:8] == b"ftyp":
        end = min(int.from_bytes(data[:4], "big"), 256)
        brands = {data[8:12]} | {data[at : at + 4] for at in range(16, end, 4)}
        if brands & HEIC_BRANDS and not {data[8:12], *(brands & {b"avif"})} & OTHER_BRANDS:
            return "heic"
    raise UnknownKind
