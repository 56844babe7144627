"""Results: what preparing a picture gives back. Plain values, so no decoder is imported here."""

from dataclasses import dataclass

ALIKE_BITS = 4
"""Two pictures whose hashes differ in this many bits or fewer look alike (photo standards, 5)."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measures of a picture that a person is warned by. They decide nothing by themselves."""

    sharpness: float
    """Variance of the Laplacian of luma at 1024 px: below 10 is soft, below 4 is blurred."""
    centre_sharpness: float
    """The same, as the median over the central tiles: the subject, not the background."""
    dark: float
    """Share of pixels with luma of 5 or less."""
    clipped: float
    """Share of pixels with luma of 250 or more."""
    glare: float
    """Share of the central region that is one connected bright patch."""
    mean: float
    """Mean luma, 0 to 255."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the file says of itself. Evidence for the record, never shown as the truth."""

    make: str = ""
    model: str = ""
    taken: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A decoded picture: its facts, and two renditions that hold pixels and nothing else."""

    kind: str
    width: int
    height: int
    orientation: int
    view: bytes
    thumb: bytes
    icc_name: str
    quality: Quality
    sha256: str
    dhash64: int
    evidence: Evidence
    view_size: tuple[int, int]
    thumb_size: tuple[int, int]

    @property
    def alike(self) -> str:
        """The picture hash as 16 letters, the form in which it is stored."""
        return f"{self.dhash64:016x}"


def look_alike(one: str, other: str) -> bool:
    """Say whether two stored picture hashes are near enough to ask whether it is the same photo."""
    if not (one and other):
        return False
    return (int(one, 16) ^ int(other, 16)).bit_count() <= ALIKE_BITS
