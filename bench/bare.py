"""The bare chain: the least work that makes a sealed photo a durable one with two previews.

One process and no server, checks, log, receipt or sandbox: open the capsule, hash, decode, code two
previews, seal and write three files durably, add a row. `python -m bench.bare FOLDER COUNT FILE…`
runs it over pictures and prints the CPU milliseconds of each run as JSON.
"""

import hashlib
import json
import os
import secrets
import sqlite3
import sys
import time
from pathlib import Path

import numpy as np
import simplejpeg
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mlkem, x25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from PIL import Image

SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
VIEW, SMALL = 1600, 320


def previews(photo: bytes) -> tuple[bytes, bytes]:
    """Decode every byte at the scale nearest to the view, and code the view and the small one."""
    high, wide, _, _ = simplejpeg.decode_jpeg_header(photo)
    eighths = round(VIEW * 8 / max(high, wide))
    pixels = simplejpeg.decode_jpeg(
        photo, colorspace="RGBX", min_width=wide * eighths // 8, min_height=high * eighths // 8
    )
    picture = Image.frombuffer("RGBX", pixels.shape[1::-1], pixels, "raw", "RGBX", 0, 1)
    share = SMALL / max(picture.size)
    size = (round(picture.width * share), round(picture.height * share))
    small = picture.resize(size, Image.Resampling.BOX, reducing_gap=1.1)
    view = simplejpeg.encode_jpeg(pixels, 86, "RGBX", "420")
    thumb = simplejpeg.encode_jpeg(_pixels(small), 80, "RGBX", "420")
    return bytes(view), bytes(thumb)


def _pixels(picture: Image.Image) -> "simplejpeg.SupportsBuffer":
    return np.ascontiguousarray(np.asarray(picture))


def keep(folder: Path, name: str, data: bytes) -> None:
    """Write a file so that it survives a power cut."""
    aside = folder / f".{name}"
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(handle, rest) :]
    os.fsync(handle)
    os.close(handle)
    aside.rename(folder / name)


def arrival(sealed: bytes, key: hpke.MLKEM768X25519PrivateKey, folder: Path,
            table: sqlite3.Connection, number: int) -> None:  # fmt: skip
    """Do the whole chain for one photo."""
    photo = SUITE.decrypt(sealed, key, info=b"bench")
    digest = hashlib.sha256(photo).hexdigest()
    cipher = AESGCM(secrets.token_bytes(32))
    for kind, data in zip("ovt", (photo, *previews(photo)), strict=True):
        nonce = secrets.token_bytes(12)
        keep(folder, f"{number}.{kind}", nonce + cipher.encrypt(nonce, data, digest.encode()))
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(handle)
    os.close(handle)
    with table:
        table.execute("INSERT INTO photo VALUES (?, ?)", (number, digest))


def main(folder: Path, count: int, files: list[Path]) -> list[float]:
    """Seal the pictures, then run the chain so many times; the first round warms up."""
    first, second = mlkem.MLKEM768PrivateKey.generate(), x25519.X25519PrivateKey.generate()
    private = hpke.MLKEM768X25519PrivateKey(first, second)
    public = hpke.MLKEM768X25519PublicKey(first.public_key(), second.public_key())
    sealed = [SUITE.encrypt(path.read_bytes(), public, info=b"bench") for path in files]
    table = sqlite3.connect(folder / "rows.db")
    table.execute("PRAGMA journal_mode = wal")
    table.execute("PRAGMA synchronous = FULL")
    table.execute("CREATE TABLE photo (number INTEGER PRIMARY KEY, digest TEXT)")
    spent = []
    for number in range(len(files) + count):
        begin = time.process_time()
        arrival(sealed[number % len(sealed)], private, folder, table, number)
        spent.append((time.process_time() - begin) * 1000)
    return spent[len(files) :]


if __name__ == "__main__":
    told = main(Path(sys.argv[1]), int(sys.argv[2]), [Path(word) for word in sys.argv[3:]])
    json.dump(told, sys.stdout)
