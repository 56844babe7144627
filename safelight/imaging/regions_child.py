"""The finding child: loads its models, gives up files and network, then looks at one picture.

Started by `regions.find` with a JPEG of our own making on its standard input; what a stranger sent
was decoded elsewhere. Its libraries are an optional part of the installation (`regions`).
"""

import json
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from cv2.data import haarcascades
from numpy.typing import NDArray
from rapidocr_onnxruntime import RapidOCR

from safelight.imaging.lockdown import filter_program, lock_down
from safelight.imaging.regions import LIMITS, MOST

try:
    from mediapipe.python.solutions.face_detection import FaceDetection
except ImportError:  # its newest version with models inside is not made for every Python
    FaceDetection = None

Pixels = NDArray[np.uint8]
Found = tuple[str, float, float, float, float, float]
"""What it is, left, top, right and bottom in pixels, and how sure the model is."""

NEAR_FACES, FAR_FACES = 0, 1
SURE = 0.5
TILE = 0.6
"""Tiles of this share of each side, one in each corner: a small face is large in one of them."""
FACE_MARGIN = (0.18, 0.35, 0.18, 0.12)
"""The models mark eyes to chin; added left, above, right and below for hair, ears and jaw."""
EYE_WIDE, EYE_HIGH = 0.17, 0.12
"""Half the size of the box over an eye, as a share of its face."""
SAME = 0.4
"""Two boxes that share this much of their union mark the same thing."""
LINE_MARGIN = 0.35
"""Added round a line of text, as a share of its height: models cut into the letters."""
LABEL_GAP = 1.2
"""Lines at most this many heights apart are taken for one label."""
CASCADES = ("haarcascade_frontalface_default.xml", "haarcascade_frontalface_alt2.xml")


def _shared(one: Found, other: Found) -> float:
    wide = min(one[3], other[3]) - max(one[1], other[1])
    high = min(one[4], other[4]) - max(one[2], other[2])
    if wide <= 0 or high <= 0:
        return 0.0
    areas = sum((box[3] - box[1]) * (box[4] - box[2]) for box in (one, other))
    return wide * high / (areas - wide * high)


def _once(found: list[Found]) -> list[Found]:
    """Keep the surest of the boxes that mark the same thing."""
    kept: list[Found] = []
    for one in sorted(found, key=lambda box: -box[5]):
        if all(one[0] != other[0] or _shared(one, other) < SAME for other in kept):
            kept.append(one)
    return kept


def _tiles(picture: Pixels) -> Iterator[tuple[int, int, Pixels]]:
    high, wide = picture.shape[:2]
    yield 0, 0, picture
    tall, broad = int(high * TILE), int(wide * TILE)
    for top in (0, high - tall):
        for left in (0, wide - broad):
            part = picture[top : top + tall, left : left + broad]
            yield left, top, np.ascontiguousarray(part)


def _face(left: float, top: float, wide: float, high: float, score: float) -> Found:
    before, above, after, below = FACE_MARGIN
    return (
        "face", left - before * wide, top - above * high,
        left + wide * (1 + after), top + high * (1 + below), score,
    )  # fmt: skip


def _faces_by_model(detectors: list[Any], picture: Pixels) -> Iterator[Found]:
    for left, top, tile in _tiles(picture):
        high, wide = tile.shape[:2]
        for detector in detectors:
            for one in detector.process(tile).detections or ():
                box, score = one.location_data.relative_bounding_box, float(one.score[0])
                face_wide, face_high = box.width * wide, box.height * high
                face = (left + box.xmin * wide, top + box.ymin * high, face_wide, face_high)
                yield _face(*face, score)
                for eye in one.location_data.relative_keypoints[:2]:
                    x, y = left + eye.x * wide, top + eye.y * high
                    across, down = EYE_WIDE * face_wide, EYE_HIGH * face_high
                    yield ("eye", x - across, y - down, x + across, y + down, score)


def _faces_by_cascade(cascades: list[Any], eyes: Any, picture: Pixels) -> Iterator[Found]:
    grey = cv2.equalizeHist(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
    for cascade in cascades:
        for left, top, wide, high in cascade.detectMultiScale(grey, 1.1, 5, minSize=(40, 40)):
            yield _face(left, top, wide, high, SURE)
            upper = grey[top : top + high * 6 // 10, left : left + wide]
            for x, y, across, down in eyes.detectMultiScale(upper, 1.1, 6):
                yield ("eye", left + x, top + y, left + x + across, top + y + down, SURE)


def face_finder() -> Callable[[Pixels], list[Found]]:
    """Load what finds faces: the models where they are installed, else the cascades of OpenCV."""
    if FaceDetection is not None:
        detectors = [
            FaceDetection(min_detection_confidence=SURE, model_selection=reach)
            for reach in (NEAR_FACES, FAR_FACES)
        ]
        return lambda picture: _once(list(_faces_by_model(detectors, picture)))
    cascades = [cv2.CascadeClassifier(haarcascades + name) for name in CASCADES]
    eyes = cv2.CascadeClassifier(haarcascades + "haarcascade_eye.xml")
    return lambda picture: _once(list(_faces_by_cascade(cascades, eyes, picture)))


def _labels(lines: list[Found]) -> Iterator[Found]:
    """Join lines that lie close together, and offer what holds at least two of them."""
    groups: list[list[Found]] = []
    for line in lines:
        gap = LABEL_GAP * (line[4] - line[2])
        wider = ("text", line[1] - gap, line[2] - gap, line[3] + gap, line[4] + gap, 0.0)
        near = [group for group in groups if any(_shared(wider, one) > 0 for one in group)]
        groups = [group for group in groups if group not in near]
        groups.append([line, *(one for group in near for one in group)])
    for group in groups:
        if len(group) > 1:
            sides = list(zip(*(one[1:] for one in group), strict=True))
            left, top, right, bottom = min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])
            yield ("label", left, top, right, bottom, sum(sides[4]) / len(group))


def text_finder() -> Callable[[Pixels], list[Found]]:
    """Load what finds text. It is looked for, never read."""
    engine = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def find(picture: Pixels) -> list[Found]:
        boxes = engine(picture[..., ::-1], use_det=True, use_cls=False, use_rec=False)[0]
        lines: list[Found] = []
        for corners in boxes if boxes is not None else ():
            across, down = zip(*corners, strict=True)
            side = np.hypot(*(np.array(corners[3]) - np.array(corners[0])))
            more = float(side) * LINE_MARGIN
            lines.append(
                ("text", min(across) - more, min(down) - more,
                 max(across) + more, max(down) + more, SURE)
            )  # fmt: skip
        return [*lines, *_labels(lines)]

    return find


def _said(found: list[Found], picture: Pixels) -> list[dict[str, Any]]:
    """Put boxes as fractions of the picture, cut off at its edges."""
    high, wide = picture.shape[:2]
    answer = []
    for kind, *sides, score in found:
        left, right = (min(max(side / wide, 0.0), 1.0) for side in (sides[0], sides[2]))
        top, bottom = (min(max(side / high, 0.0), 1.0) for side in (sides[1], sides[3]))
        answer.append(
            {"kind": kind, "x": left, "y": top, "w": right - left, "h": bottom - top,
             "score": score}
        )  # fmt: skip
    return answer


def main(answer: int) -> int:
    """Take a picture, load, lock down, look, and answer on the descriptor."""
    coded = np.frombuffer(sys.stdin.buffer.read(), np.uint8)
    cv2.setNumThreads(1)
    finders = [face_finder(), text_finder()]
    blank = np.full((256, 256, 3), 127, np.uint8)
    for find in finders:
        find(blank)
    lock_down(filter_program(threads=True), LIMITS, keep=answer)
    picture = cv2.cvtColor(cv2.imdecode(coded, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    found = [one for find in finders for one in find(picture)]
    os.write(answer, json.dumps(_said(found, picture)[:MOST]).encode())
    return 0


if __name__ == "__main__":
    os._exit(main(int(sys.argv[1])))
