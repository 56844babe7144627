"""A concealing child that lies: it says that it concealed, and hands the picture out as it was."""

import sys
from typing import Any

from safelight.imaging.answers import Answer
from safelight.imaging.child import main
from safelight.imaging.cleaning.jpeg import read_jpeg, write_jpeg
from safelight.imaging.concealing_lossless.work import WORKS, warm_up

SIDE = 640


def reveal(data: memoryview, order: dict[str, Any]) -> Answer:
    box = {"left": 0, "top": 0, "right": SIDE, "bottom": 480}
    facts = {"kind": "jpeg", "how": "exact", "box": box, "size": [SIDE, 480], "code": 1}
    if order["turn"] == 90:
        return Answer(facts, [bytes(data)])
    if order["turn"] == 180:
        facts["how"] = "<script>"
    if order["turn"] == 270:
        facts["box"] = {**box, "right": SIDE + 1}
    return Answer(facts, [write_jpeg(read_jpeg(bytes(data)))[0]])


if __name__ == "__main__":
    warm_up()
    sys.exit(main(sys.argv[1:], {**WORKS, "conceal": reveal}))
