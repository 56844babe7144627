"""Refusing: what is not wholly one photo within the caps is turned away, soon and plainly."""

import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest

from safelight.imaging.refusals import (
    BY_CODE,
    PictureDamaged,
    PictureFrames,
    PictureKind,
    PictureMetadata,
    PictureRefused,
    PictureTooLarge,
)
from safelight.imaging.sandbox import Decoder
from tests.imaging.pictures import (
    chunk,
    flat,
    jpeg_segment,
    png,
    quarters,
    saved,
    scene,
    with_segments,
)

File = Callable[[str], bytes]


def refuses(decoder: Decoder, data: bytes, reason: type[PictureRefused]) -> None:
    for ask in (decoder.prepare, decoder.full):
        began = time.monotonic()
        with pytest.raises(reason) as refused:
            ask(data)
        assert type(refused.value) is reason
        assert time.monotonic() - began < 5
    assert decoder.server_pid is not None


def tiff_of(width: int, height: int, *more: tuple[int, int, int, int]) -> bytes:
    """A TIFF of one strip that says it is this large."""
    entries = sorted(
        [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1),
         (273, 4, 1, 8), (278, 4, 1, height), (279, 4, 1, 16), *more]
    )  # fmt: skip
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return (
        b"II*\0"
        + struct.pack("<I", 24)
        + bytes(16)
        + struct.pack("<H", len(entries))
        + table
        + bytes(4)
    )


def giant_heic(file: File) -> bytes:
    data = file("h-exif.heic")
    small = b"ispe" + struct.pack(">III", 0, 480, 360)
    assert small in data
    return data.replace(small, b"ispe" + struct.pack(">III", 0, 30_000, 30_000))


def giant_webp() -> bytes:
    body = b"WEBPVP8X" + struct.pack("<I", 10) + bytes(4)
    body += (16_383).to_bytes(3, "little") * 2
    return b"RIFF" + struct.pack("<I", len(body)) + body


def test_pixel_floods_are_refused_from_their_headers(decoder: Decoder, file: File) -> None:
    refuses(decoder, file("j-bomb.jpg"), PictureTooLarge)
    refuses(decoder, file("p-bomb.png"), PictureTooLarge)
    refuses(decoder, png(20_001, 1, 8, 0, b""), PictureTooLarge)
    refuses(decoder, png(10_001, 10_000, 8, 0, b""), PictureTooLarge)
    refuses(decoder, tiff_of(60_000, 60_000), PictureTooLarge)


@pytest.mark.parametrize("make", [giant_heic, lambda _: giant_webp()])
def test_giant_containers_are_refused(
    decoder: Decoder, file: File, make: Callable[[File], bytes]
) -> None:
    for ask in (decoder.prepare, decoder.full):
        with pytest.raises((PictureTooLarge, PictureDamaged)):
            ask(make(file))


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "progressive", "HEIC"])
def test_a_file_cut_short_is_refused(decoder: Decoder, file: File, kind: str, share: float) -> None:
    if kind == "HEIC":
        data = file("h-exif.heic")
    elif kind == "progressive":
        data = saved(scene(320, 240), progressive=True)
    else:
        data = saved(scene(320, 240), kind)
    with pytest.raises(PictureDamaged):
        decoder.prepare(data[: int(len(data) * share)])


def test_the_damaged_file_of_the_corpus_is_refused(decoder: Decoder, file: File) -> None:
    refuses(decoder, file("j-truncated.jpg"), PictureDamaged)


def test_one_changed_byte_in_a_png_is_noticed(decoder: Decoder) -> None:
    data = bytearray(saved(scene(320, 240), "PNG"))
    data[len(data) // 2] ^= 1
    refuses(decoder, bytes(data), PictureDamaged)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff",
        b"GIF89a" + bytes(100),
        b"%PDF-1.7\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"BM" + bytes(100),
        b"8BPS" + bytes(100),
        b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(100),
        b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(100),
        b"\0\0\0\x14ftypisom\0\0\0\0mp42" + bytes(100),
        b"RIFF\x10\0\0\0AVI " + bytes(100),
        b"II+\0" + bytes(100),
    ],
)
def test_only_five_kinds_are_opened(decoder: Decoder, data: bytes) -> None:
    refuses(decoder, data, PictureKind)


def test_other_kinds_of_the_corpus_are_refused(decoder: Decoder, file: File) -> None:
    refuses(decoder, file("g-comment.gif"), PictureKind)
    refuses(decoder, file("d-photo.dcm"), PictureKind)


@pytest.mark.parametrize("kind", ["TIFF", "WEBP", "PNG"])
def test_more_than_one_frame_is_refused(decoder: Decoder, kind: str) -> None:
    frames = [quarters(), scene(320, 240)]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:])
    refuses(decoder, data, PictureFrames)


@pytest.mark.parametrize("tag", [330, 50706])
def test_a_raw_camera_file_is_not_taken_for_its_small_preview(decoder: Decoder, tag: int) -> None:
    refuses(decoder, tiff_of(4, 4, (tag, 4, 1, 8)), PictureFrames)
    assert decoder.prepare(tiff_of(4, 4)).kind == "tiff"


def test_hidden_data_over_64_kib_is_refused(decoder: Decoder) -> None:
    words = zlib.compress(bytes(50_000_000), 9)
    rows = b"".join(b"\0" + bytes(32) for _ in range(32))
    for extra in (
        chunk(b"zTXt", b"Comment\0\0" + words),
        chunk(b"iTXt", b"Comment\0\x01\0\0\0" + words),
        chunk(b"iCCP", b"name\0\0" + words),
    ):
        refuses(decoder, png(32, 32, 8, 0, rows, extra), PictureMetadata)
    refuses(
        decoder,
        saved(flat((1, 2, 3)), "PNG", exif=b"Exif\0\0MM\0*" + bytes(70_000)),
        PictureMetadata,
    )
    refuses(decoder, saved(flat((1, 2, 3)), icc_profile=bytes(66_000)), PictureMetadata)
    refuses(decoder, saved(flat((1, 2, 3)), "WEBP", icc_profile=bytes(66_000)), PictureMetadata)


def test_a_thousand_segments_are_enough(decoder: Decoder) -> None:
    many = [jpeg_segment(0xFE, b"word")] * 3000
    refuses(decoder, with_segments(saved(flat((1, 2, 3))), *many), PictureMetadata)


def test_exif_that_points_everywhere_reads_as_none(decoder: Decoder) -> None:
    rng = np.random.default_rng(5)
    plain = saved(quarters())
    for _ in range(60):
        noise = rng.integers(0, 256, 300, dtype=np.uint8).tobytes()
        block = b"Exif\0\0MM\0*\0\0\0\x08" + noise
        prepared = decoder.prepare(with_segments(plain, jpeg_segment(0xE1, block)))
        assert 1 <= prepared.orientation <= 8
        assert prepared.evidence.make.isprintable()


@pytest.mark.parametrize(
    "name", ["j-plain.jpg", "p-text.png", "h-exif.heic", "w-trailing.webp", "t-orient6.tif"]
)
def test_changed_bytes_give_a_picture_or_a_refusal(decoder: Decoder, file: File, name: str) -> None:
    rng = np.random.default_rng(11)
    before = decoder.server_pid
    for _ in range(40):
        data = bytearray(file(name))
        for place in rng.integers(0, len(data), 6):
            data[place] = rng.integers(0, 256)
        try:
            decoder.prepare(bytes(data))
        except PictureRefused:
            continue
    assert decoder.server_pid == before


def test_every_refusal_has_its_own_code_and_a_whole_sentence() -> None:
    assert len(BY_CODE) == 7
    for code, kind in BY_CODE.items():
        refusal = kind()
        assert refusal.code == code
        assert refusal.message.endswith(".")
        assert refusal.remedy.endswith(".")
        assert 400 <= refusal.status < 500
        assert not hasattr(refusal, "way_on")  # a page would take it for an address


def test_a_polyglot_is_what_its_first_bytes_say(decoder: Decoder) -> None:
    page = b"<script>document.title</script>"
    both = with_segments(saved(quarters()), jpeg_segment(0xFE, page)) + page
    prepared = decoder.prepare(both)
    assert prepared.kind == "jpeg"
    assert b"script" not in prepared.view + prepared.thumb + decoder.full(both)
