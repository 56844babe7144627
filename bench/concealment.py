"""Concealing in one photo of 12 megapixels, against decoding all of it and coding it again."""

import io
import os
import time
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import simplejpeg
from PIL import Image

from bench.measuring import table, timed
from safelight.imaging.conceal import ConcealingDecoder
from safelight.imaging.concealing_lossless import work

WIDTH, HEIGHT, QUALITY = 4032, 3024, 88
MOST = 1.0
RUNS = 15
SHAPES: list[dict[str, Any]] = [
    {"shape": "rect", "x": 0.3, "y": 0.3, "w": 0.2, "h": 0.1},
    {"shape": "polygon", "points": [[0.6, 0.6], [0.8, 0.65], [0.7, 0.9]]},
    {"shape": "stroke", "points": [[0.1, 0.1], [0.2, 0.4]], "width": 0.03},
]
CROP = {"x": 0.25, "y": 0.25, "w": 0.5, "h": 0.5}


def photo() -> bytes:
    """Make a photo of about 3.6 MB."""
    small = np.random.default_rng(1).integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    picture = Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    coded = io.BytesIO()
    picture.save(coded, "JPEG", quality=QUALITY)
    return coded.getvalue()


def in_a_child(act: Callable[[], object]) -> float:
    """Return the CPU milliseconds of an act in a fresh process, as every file is opened in one."""
    incoming, outgoing = os.pipe()
    child = os.fork()
    if child == 0:
        begin = time.process_time()
        act()
        os.write(outgoing, str((time.process_time() - begin) * 1000).encode())
        os._exit(0)
    os.close(outgoing)
    with os.fdopen(incoming) as told:
        spent = float(told.read())
    os.waitpid(child, 0)
    return spent


def side_by_side(acts: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Run the acts in turns, so that a busy machine slows all of them alike; middle of each."""
    spent: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(RUNS):
        for name, act in acts.items():
            spent[name].append(in_a_child(act))
    return {name: median(runs) for name, runs in spent.items()}


def coded_anew(data: bytes) -> bytes:
    """Decode every pixel and code it again as it was."""
    pixels = simplejpeg.decode_jpeg(data, "RGBX")
    return bytes(simplejpeg.encode_jpeg(pixels, QUALITY, "RGBX", "420"))


def run() -> bool:
    """Measure in one go. Returns whether concealing is within the time of coding anew."""
    data = photo()
    order = {"kind": "jpeg", "turn": 0}
    work.warm_up()
    spent = side_by_side(
        {
            "anew": lambda: coded_anew(data),
            "covered": lambda: work.conceal(
                memoryview(data), {**order, "shapes": SHAPES, "crop": None}
            ),
            "cropped": lambda: work.conceal(
                memoryview(data), {**order, "shapes": SHAPES, "crop": CROP}
            ),
        }
    )
    with ConcealingDecoder() as decoder:
        made = decoder.conceal(data, shapes=SHAPES)
        proved = timed(lambda: decoder.conceal(data, shapes=SHAPES), runs=RUNS).p50
    ratios = {name: spent[name] / spent["anew"] for name in ("covered", "cropped")}
    table(
        f"Concealing in a JPEG of {WIDTH * HEIGHT / 1e6:.0f} MP ({len(data) / 1e6:.1f} MB), "
        f"CPU, middle of {RUNS} runs, each in a fresh process",
        f"decoded and coded again {spent['anew']:.0f} ms",
        [
            ("three shapes, exact outside", f"{spent['covered']:.0f} ms",
             f"{ratios['covered']:.2f} x (most: {MOST:.0f})"),
            ("the same, cut to half its sides", f"{spent['cropped']:.0f} ms",
             f"{ratios['cropped']:.2f} x"),
            (f"on the wall, with sandbox and second look ({made.how})", f"{proved:.0f} ms",
             f"{proved / spent['anew']:.2f} x"),
        ],
    )  # fmt: skip
    return ratios["covered"] <= MOST
