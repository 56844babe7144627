"""Arrivals: sealed photos through the real server, to `filed`; beside the bare chain and Django."""

import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from uuid import UUID

from django.db import connection

from bench import place, tree
from bench.cast import patient_who_agreed, practice_with_doctor
from bench.measuring import Times, say, table
from bench.parcels import new_phone, parcels, pictures
from bench.phones import Parcel, Phone
from safelight.imaging.sandbox import ENVIRONMENT
from safelight.people.models import Person
from safelight.photos.models import Capture
from safelight.site.serving import ALLOCATOR

PHOTOS = 40
PHONES = (1, 2, 4)
TARGET = 1.25
LOOK_EVERY = 0.025


@dataclass(frozen=True)
class Round:
    """What one round of sending cost."""

    phones: int
    seconds: float
    cpu: float
    waits: Times

    @property
    def cpu_each(self) -> float:
        """CPU milliseconds of the whole tree for one photo."""
        return self.cpu * 1000 / len(self.waits.runs)


class Observer:
    """Sees from the database when each photo was filed, without asking the server anything."""

    def __init__(self, wanted: list[Parcel]) -> None:
        """Begin to look, in a thread with a connection of its own."""
        self.seen: dict[str, float] = {}
        self._wanted = {parcel.capture for parcel in wanted}
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while left := self._wanted - self.seen.keys():
            filed = Capture.objects.filter(pk__in=left, state=Capture.State.FILED)
            found, at = list(filed.values_list("pk", flat=True)), time.monotonic()
            self.seen.update({str(pk): at for pk in found})
            time.sleep(LOOK_EVERY)
        connection.close()

    def wait(self) -> dict[str, float]:
        """Return when each was filed (monotonic)."""
        self._thread.join()
        return self.seen


def send_round(
    top: int, where: place.Place, doctor: Person, patient: UUID, images: list[bytes], count: int
) -> Round:
    """Let so many phones send their photos at once, each one after the other."""
    keys = [new_phone(doctor, f"Bench {count}.{number}") for number in range(count)]
    loads = [parcels(key, doctor, patient, images, PHOTOS // count) for key in keys]
    begun: dict[str, float] = {}

    def one(number: int) -> None:
        phone = Phone(keys[number], where.port)
        for parcel in loads[number]:
            begun[parcel.capture] = time.monotonic()
            phone.send(parcel)
        for parcel in loads[number]:
            receipt = phone.wait_until_filed(parcel)
            if (receipt["sha256"], receipt["state"]) != (parcel.sha256, "filed"):
                raise RuntimeError("a receipt for something else")

    observer = Observer([parcel for load in loads for parcel in load])
    before, start = tree.cpu(top), time.monotonic()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(one, range(count)))
    filed = observer.wait()
    spent = tree.cpu(top) - before
    waits = Times(tuple((filed[capture] - at) * 1000 for capture, at in begun.items()))
    return Round(count, max(filed.values()) - start, spent, waits)


def bare_chain(folder: Path, files: list[Path]) -> Times:
    """Run the bare chain in one process, with the memory settings that our own processes have."""
    folder.mkdir()
    words = [sys.executable, "-m", "bench.bare", str(folder), str(PHOTOS), *map(str, files)]
    kept = {name: value for name, value in ENVIRONMENT.items() if name.isupper() and name != "PATH"}
    done = subprocess.run(words, env={**os.environ, **kept}, capture_output=True, check=True)
    return Times(tuple(json.loads(done.stdout)))


def plain_django(folder: Path, images: list[bytes]) -> float:
    """Return the CPU milliseconds a photo costs Django on uvicorn when it only writes it down."""
    folder.mkdir()
    port = place.free_port()
    words = [sys.executable, "-m", "bench.plain", str(folder), str(port)]
    process = subprocess.Popen(words, env={**os.environ, **ALLOCATOR})
    try:
        place.wait_for(port, "/")
        line = HTTPConnection("127.0.0.1", port)
        for number in range(PHOTOS + len(images)):
            if number == len(images):
                before = tree.cpu(process.pid)
            line.request("POST", "/", images[number % len(images)])
            line.getresponse().read()
        return (tree.cpu(process.pid) - before) * 1000 / PHOTOS
    finally:
        process.terminate()
        process.wait(place.ENDS_WITHIN)


def run(where: place.Place) -> None:
    """Send with one, two and four phones, and say what a photo cost beside what it must cost."""
    images = pictures()
    files = [where.data.parent / f"{number}.jpg" for number in range(len(images))]
    for path, image in zip(files, images, strict=True):
        path.write_bytes(image)
    size = sum(map(len, images)) / len(images) / 1e6
    say(f"{PHOTOS} photos a round, 12 megapixels, {size:.1f} MB each")
    practice, doctor = practice_with_doctor()
    patient = patient_who_agreed(practice, doctor)
    with place.served(where) as top:
        send_round(top, where, doctor, patient, images, 4)
        bare = [bare_chain(where.data.parent / "bare-0", files)]
        rounds = []
        for count in PHONES:
            rounds.append(send_round(top, where, doctor, patient, images, count))
            bare.append(bare_chain(where.data.parent / f"bare-{count}", files))
        report(rounds, bare, plain_django(where.data.parent / "plain", images))
        say_processes(top)


def report(rounds: list[Round], bare: list[Times], plain: float) -> None:
    """Write the table. The bare chain ran before, between and after the rounds."""
    floor = Times(tuple(run for times in bare for run in times.runs)).p50
    rows = [("bare chain, one process", f"{floor:.0f} ms CPU", "1.00")]
    rows.append(("Django writes the body to a file", f"{plain:.0f} ms CPU", f"{plain / floor:.2f}"))
    for one in rounds:
        words = f"arrival to filed, {one.phones} phone{'s' if one.phones > 1 else ''}"
        rows.append((words, f"{one.cpu_each:.0f} ms CPU", f"{one.cpu_each / floor:.2f}"))
    table("CPU of one arrival", f"the bare chain; to reach: {TARGET} times", rows)
    table(
        "Arrivals",
        "none; the wall clock of a shared machine",
        [
            (
                f"{one.phones} phone{'s' if one.phones > 1 else ''}",
                f"{len(one.waits.runs) / one.seconds:.1f} photos/s",
                f"first byte to filed: p50 {one.waits.p50:.0f}, p99 {one.waits.p99:.0f} ms",
            )
            for one in rounds
        ],
    )


def say_processes(top: int) -> None:
    """Say which process of the tree used how much CPU since it began."""
    rows = [
        (f"{tree.name_of(pid)}", f"{seconds:.2f} s", "")
        for pid, seconds in tree.cpu_by_process(top).items()
    ]
    table("CPU of each process since the start", "none", rows)
