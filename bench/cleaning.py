"""Cleaning one photo of 12 megapixels, against copying it and against the usual outside tool."""

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from bench.measuring import table, timed
from safelight.imaging.cleaning import clean
from safelight.imaging.cleaning.jpeg import read_jpeg, write_jpeg
from safelight.imaging.cleaning.sandbox import CleaningDecoder

WIDTH, HEIGHT, QUALITY = 4032, 3024, 88
MOST_COPIES, LEAST_FASTER = 4.0, 10.0


def photo() -> bytes:
    """Make a photo of about 3.6 MB with EXIF, GPS and a comment in it."""
    small = np.random.default_rng(1).integers(0, 255, (HEIGHT // 8, WIDTH // 8, 3), np.uint8)
    picture = Image.fromarray(small).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Fabrikam", "Model V38"
    exif[0x8825] = {1: "S", 2: (33.0, 51.0, 31.0)}
    coded = io.BytesIO()
    picture.save(coded, "JPEG", quality=QUALITY, exif=exif.tobytes(), comment=b"Placeholder")
    return coded.getvalue()


def _clean_file(source: Path, target: Path) -> None:
    """Do what the copy does, and clean on the way; the check before a file leaves is not here."""
    target.write_bytes(write_jpeg(read_jpeg(source.read_bytes()))[0])


def _by_exiftool(source: Path, target: Path) -> None:
    target.unlink(missing_ok=True)
    subprocess.run(
        ["exiftool", "-q", "-all=", "-o", str(target), str(source)], check=True, timeout=60
    )


def run() -> bool:
    """Measure all of it in one go. Returns whether both ratios are as they should be."""
    with tempfile.TemporaryDirectory() as folder, CleaningDecoder() as decoder:
        source, target = Path(folder, "photo.jpg"), Path(folder, "copy.jpg")
        source.write_bytes(photo())
        data = source.read_bytes()
        copy = timed(lambda: shutil.copyfile(source, target), runs=200).p50
        ours = timed(lambda: _clean_file(source, target), runs=200).p50
        tool = timed(lambda: _by_exiftool(source, target), runs=10).p50
        proved = timed(lambda: clean(data, decoder=decoder), runs=10).p50
    table(
        f"Cleaning a JPEG of 12 MP ({len(data) / 1e6:.1f} MB), middle of many runs",
        f"shutil.copyfile {copy:.1f} ms",
        [
            ("cleaned, file to file", f"{ours:.1f} ms", f"{ours / copy:.1f} x (most: 4)"),
            ("an exiftool -all= process", f"{tool:.0f} ms", f"{tool / copy:.0f} x"),
            ("exiftool over ours", "", f"{tool / ours:.0f} x (least: 10)"),
            ("cleaned and proved by decoding", f"{proved:.0f} ms", f"{proved / copy:.0f} x"),
        ],
    )
    return ours / copy <= MOST_COPIES and tool / ours >= LEAST_FASTER
