"""Demo skin: what lies on the skin of the demo pictures, drawn as pigment, blood and paint."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.floating[Any]]

SMALL = 4
"""Shapes and colours are made at this fraction of the size; texture at full size."""
PIXELS_PER_MM = 42


@dataclass(slots=True)
class Skin:
    """A patch of skin being drawn: how much pigment, blood and light there is at each place."""

    rng: np.random.Generator
    shape: np.random.Generator
    wide: int
    high: int
    melanin: Field
    blood: Field
    light: Field
    paint: Field
    roughness: Field

    def place(self) -> tuple[Field, Field]:
        """Return x and y in millimetres from the middle."""
        scale = np.float32(SMALL / PIXELS_PER_MM)
        x = (np.arange(self.wide, dtype=np.float32) - self.wide / 2) * scale
        y = (np.arange(self.high, dtype=np.float32) - self.high / 2) * scale
        return np.broadcast_to(x, (self.high, self.wide)), np.broadcast_to(
            y[:, None], (self.high, self.wide)
        )

    def noise(self, millimetres: float, source: np.random.Generator | None = None) -> Field:
        """Return smooth noise of about unit strength whose features have this size."""
        cell = max(2.0, millimetres * PIXELS_PER_MM / SMALL)
        size = (int(self.high / cell) + 3, int(self.wide / cell) + 3)
        coarse = (source or self.rng).normal(size=size).astype(np.float32)
        smooth = Image.fromarray(coarse).resize((self.wide, self.high), Image.Resampling.BICUBIC)
        noise: Field = np.asarray(smooth, np.float32) * np.float32(1.4)
        return noise

    def lay(self, mask: Field, colour: tuple[int, int, int]) -> None:
        """Lay an opaque colour over the skin where the mask is 1."""
        cover = np.clip(mask, 0, 1)[..., None]
        self.paint[..., :3] = (
            self.paint[..., :3] * (1 - cover) + np.array(colour, np.float32) * cover
        )
        self.paint[..., 3:] = self.paint[..., 3:] * (1 - cover) + cover


def soft(value: Field, edge: float) -> Field:
    """Return 1 inside (below 0), 0 outside, with an edge of this width."""
    t: Field = np.clip(0.5 - value / (2 * edge), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def _blob(skin: Skin, radius: float, rough: float, at: tuple[float, float] = (0, 0)) -> Field:
    """Return the signed distance in millimetres to a rounded, uneven outline."""
    x, y = skin.place()
    x, y = x - at[0], y - at[1]
    angle = np.arctan2(y, x)
    outline = np.full_like(angle, radius)
    for wave in range(2, 9):
        swing, phase = skin.shape.normal(0, rough / wave**0.9), skin.shape.uniform(0, 6.3)
        outline = outline + np.float32(radius * swing) * np.cos(wave * angle + np.float32(phase))
    distance: Field = np.hypot(x, y * np.float32(1.12)) - outline
    return distance


def _naevus(skin: Skin, stage: float) -> None:
    radius = 3.6 + 2.6 * stage
    at = tuple(skin.shape.uniform(-5, 5, 2))
    edge = _blob(skin, radius, 0.10 + 0.10 * stage, at)
    body = soft(edge, 0.9)
    patches = skin.noise(1.6, skin.shape)
    net = np.abs(skin.noise(0.5, skin.shape))
    core = soft(_blob(skin, radius * 0.55, 0.3, (at[0] + stage * 1.8, at[1] - stage)), 1.6)
    skin.melanin += body * (0.62 + 0.10 * patches - 0.10 * net) + core * (0.35 + 0.5 * stage)
    skin.blood += soft(edge - 1.2, 2.0) * 0.10
    skin.roughness += body * 0.5


def _rash(skin: Skin, stage: float) -> None:
    strength = 1.0 - 0.75 * stage
    clusters = np.clip(skin.noise(22, skin.shape) + 0.5, 0, 1.5)
    spots = skin.noise(2.6, skin.shape) + 0.5 * skin.noise(1.3, skin.shape)
    marks = np.clip((spots - 0.75 + 0.35 * clusters) * 0.9, 0, 1) * np.clip(clusters, 0, 1)
    skin.blood += strength * (0.55 * marks + 0.10 * clusters)
    skin.melanin += strength * 0.10 * marks
    skin.roughness += marks * 0.6 * strength


def _wound(skin: Skin, stage: float) -> None:
    radius = 12.5 * (1 - 0.62 * stage)
    edge = _blob(skin, radius, 0.16)
    lumps = 0.45 * skin.noise(0.55) + 0.7 * skin.noise(1.2, skin.shape)
    lumps += 0.5 * skin.noise(4, skin.shape)
    skin.blood += soft(edge - 4.5, 6.5) * (0.42 - 0.24 * stage) + soft(edge - 1.2, 0.9) * 0.22
    skin.melanin += soft(edge - 3.0, 4.5) * 0.16 - soft(edge - 0.8, 0.7) * 0.22
    bed = soft(edge + 0.2 * skin.noise(0.8), 0.55)
    skin.lay(bed, (140, 52, 48))
    skin.lay(bed * np.clip(lumps * 0.4, 0, 0.55), (172, 84, 72))
    skin.lay(bed * np.clip(-lumps * 0.4, 0, 0.55), (98, 30, 31))
    film = skin.noise(4.5, skin.shape) + 0.45 * lumps - 0.35 - 0.9 * stage
    skin.lay(np.clip(film * 0.6, 0, 0.75) * soft(edge + 1.5, 1.5), (190, 164, 112))
    shine = np.clip(skin.noise(0.35) - 2.1, 0, 1) * bed
    skin.lay(shine * 0.6, (236, 222, 216))
    skin.roughness -= bed * 0.6


def _eczema(skin: Skin, stage: float) -> None:
    strength = 1.0 - 0.7 * stage
    patch = np.clip(soft(_blob(skin, 21, 0.14), 11) + 0.35 * skin.noise(7, skin.shape) - 0.25, 0, 1)
    skin.blood += strength * patch * (0.55 + 0.12 * skin.noise(2.0, skin.shape))
    skin.melanin += patch * (0.10 + 0.05 * stage)
    flakes = np.clip(0.8 * skin.noise(0.5) + 0.6 * skin.noise(1.4) - 1.25, 0, 1)
    skin.melanin -= flakes * patch * 0.5 * strength
    skin.lay(flakes * patch * 0.28 * strength, (226, 214, 204))
    x, y = skin.place()
    wander = 0.25 * skin.noise(5)
    for _ in range(round(7 * strength)):
        slope, start, middle = skin.shape.uniform(-0.5, 0.5), *skin.shape.uniform(-13, 13, 2)
        line = np.abs(y - start - slope * x - wander) - 0.16
        length = soft(np.abs(x - middle) - skin.shape.uniform(2, 6), 1.5)
        skin.blood += soft(line, 0.25) * length * 0.9 * strength
        skin.melanin += soft(line, 0.25) * length * 0.2 * strength
    skin.roughness += patch * 1.1 * strength


def _clear(skin: Skin, stage: float) -> None:
    skin.blood += 0.05 * skin.noise(9) * (1 - stage)


MOTIFS: dict[str, Callable[[Skin, float], None]] = {
    "naevus": _naevus,
    "rash": _rash,
    "wound": _wound,
    "eczema": _eczema,
    "clear": _clear,
}


def bare_skin(rng: np.random.Generator, shape: np.random.Generator, wide: int, high: int) -> Skin:
    """Return healthy skin: freckled a little, flushed a little, lit from one side."""
    empty = np.zeros((high, wide), np.float32)
    skin = Skin(
        rng, shape, wide, high, empty.copy(), empty.copy(), empty.copy(),
        np.zeros((high, wide, 4), np.float32), empty + 1,
    )  # fmt: skip
    skin.melanin += 0.025 * skin.noise(15, shape) + 0.016 * skin.noise(2.4, shape)
    few = 2.75 - 0.5 * shape.uniform()
    skin.melanin += 0.22 * np.clip(1.6 * (skin.noise(0.8, shape) - few), 0, 1)
    flush = 0.032 * skin.noise(13, shape) + 0.022 * skin.noise(2.2, shape)
    skin.blood += np.maximum(flush + 0.016 * skin.noise(0.9, shape), -0.06)
    x, y = skin.place()
    turn = rng.uniform(0, 6.3)
    slope = (x * np.cos(turn) + y * np.sin(turn)) / 60
    skin.light = 1.0 + 0.10 * slope - 0.000042 * (x * x + y * y) + 0.012 * skin.noise(18)
    return skin
