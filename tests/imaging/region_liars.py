"""A finding child that misbehaves in the way that the picture's first word asks for."""

import json
import os
import sys
import time

FAIR = {"kind": "face", "x": 0.1, "y": 0.2, "w": 0.3, "h": 0.4, "score": 0.9}


def main(answer: int) -> None:
    way = sys.stdin.buffer.read().decode()
    if way == "fair":
        os.write(answer, json.dumps([FAIR]).encode())
    elif way == "flood":
        while True:
            os.write(answer, b"[" * 4096)
    elif way == "hang":
        time.sleep(600)
    elif way == "leaks":
        os.write(answer, json.dumps([sorted(os.environ)]).encode())


if __name__ == "__main__":
    main(int(sys.argv[1]))
