"""Memory: the whole process tree after its start, and its peak while large photos come at once."""

from concurrent.futures import ThreadPoolExecutor
from time import sleep

from bench import place, tree
from bench.cast import patient_who_agreed, practice_with_doctor
from bench.measuring import say, table
from bench.parcels import large_pictures, new_phone, seal
from bench.phones import Key, Parcel, Phone

AT_ONCE = 4
ROUNDS = 3
MIB = 1024 * 1024
TARGET = 200
SETTLES = 3.0
"""Seconds after the first answer until every process of the tree has loaded what it needs."""


def send_and_wait(key: Key, port: int, parcel: Parcel) -> None:
    """Send one photo and wait until it is filed."""
    phone = Phone(key, port)
    phone.send(parcel)
    phone.wait_until_filed(parcel)


def run(where: place.Place) -> None:
    """Say how much memory four photos of 48 megapixels take on top of the start."""
    practice, doctor = practice_with_doctor()
    patient = patient_who_agreed(practice, doctor)
    images = large_pictures(AT_ONCE)
    size = sum(map(len, images)) / len(images) / 1e6
    say(f"{AT_ONCE} photos at once, 48 megapixels, {size:.1f} MB each, {ROUNDS} rounds")
    keys = [new_phone(doctor, f"Bench {number}") for number in range(AT_ONCE)]
    with place.served(where) as top:
        sleep(SETTLES)
        start = tree.pss(top)
        peaks = []
        for _ in range(ROUNDS):
            loads = [
                seal(key, doctor, patient, image) for key, image in zip(keys, images, strict=True)
            ]
            with tree.peak_of(top) as peak, ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(send_and_wait, keys, [where.port] * AT_ONCE, loads))
            peaks.append(peak)
        sleep(SETTLES)
        after = tree.pss(top)
    rows = [("after the start", f"{start / MIB:.0f} MiB", "")]
    rows += [
        (f"peak, round {number} ({peak.looks} looks)", f"{peak.most / MIB:.0f} MiB",
         f"{(peak.most - start) / MIB:+.0f} MiB")
        for number, peak in enumerate(peaks, 1)
    ]  # fmt: skip
    rows.append(("when all is done", f"{after / MIB:.0f} MiB", f"{(after - start) / MIB:+.0f} MiB"))
    table(
        "Memory of the process tree (PSS)",
        f"after the start; to reach: +{TARGET} MiB at most",
        rows,
    )
