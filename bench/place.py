"""A place of its own: fresh keys, SQLCipher database, practice and phones in a temporary folder."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from safelight.people.models import Person
    from safelight.policy.models import Practice

PORTS = range(8110, 8120)
STARTS_WITHIN = 60.0
ENDS_WITHIN = 30.0
STROKES = [[[0.2, 0.6], [0.3, 0.4], [0.4, 0.65], [0.5, 0.4], [0.6, 0.62], [0.75, 0.5]]]


@dataclass
class Place:
    """A data folder with tables and keys, and the port its server will have."""

    data: Path
    port: int


def free_port() -> int:
    """Return a port that nobody listens on."""
    for port in PORTS:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no free port")


@contextmanager
def place() -> Iterator[Place]:
    """Make keys and tables as `safelight init` does; the folder goes when the bench ends."""
    folder = Path(tempfile.mkdtemp(prefix="safelight-bench-"))
    try:
        data, port = folder / "data", free_port()
        os.environ["SAFELIGHT_DATA"] = str(data)
        os.environ["SAFELIGHT_ROOT_KEY_FILE"] = str(folder / "root.key")
        os.environ["DJANGO_SETTINGS_MODULE"] = "safelight.site.settings"
        from safelight.site.new_keys import make_keys  # noqa: PLC0415 - the folder comes first

        make_keys(data, key_file=folder / "root.key", at=datetime.now(UTC))
        (data / "safelight.toml").write_text(f'port = {port}\norigin = "http://localhost:{port}"\n')
        import django  # noqa: PLC0415 - settings read the folder that was just made

        django.setup()
        from safelight.site.setting_up import make_tables  # noqa: PLC0415 - as above

        make_tables()
        yield Place(data, port)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def served(where: Place) -> Iterator[int]:
    """Run `safelight serve` on the place; give the process id of the tree's top."""
    words = [sys.executable, "-m", "safelight.site.cli", "--data", str(where.data), "serve"]
    with (where.data.parent / "server.log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log)
    try:
        wait_for(where.port, "/sign-in")
        yield process.pid
    except BaseException:
        sys.stderr.write((where.data.parent / "server.log").read_text())
        raise
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN)


def wait_for(port: int, path: str) -> None:
    """Wait until a server answers."""
    limit = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < limit:
        with suppress(OSError):
            connection = HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            connection.getresponse().read()
            connection.close()
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def practice_with_doctor() -> "tuple[Practice, Person]":
    """Add a practice through its own act, and a GP."""
    from safelight.people.models import Person  # noqa: PLC0415 - models exist once Django is ready
    from safelight.site.setting_up import make_practice  # noqa: PLC0415 - as above

    at = datetime.now(UTC) - timedelta(days=30)
    practice = make_practice(
        name="Bench practice", jurisdiction="NSW", zone="Australia/Sydney", address="1 Bench Lane",
        contact="02 5550 0100", at=at,
    )  # fmt: skip
    doctor = Person.objects.create(
        practice=practice, given="Bench", family="Mark", email="b@bench.invalid", roles=["GP"],
        joined_at=at,
    )  # fmt: skip
    return practice, doctor


def patient_who_agreed(practice: "Practice", doctor: "Person") -> UUID:
    """Add a patient with a visit today and a consent to care, recorded by the act itself."""
    from safelight.consent.recording import record_consent  # noqa: PLC0415 - as above
    from safelight.consent.rules.asking import Answer, Discussion  # noqa: PLC0415
    from safelight.lib.ids import new_id  # noqa: PLC0415
    from safelight.patients.models import Patient, Visit  # noqa: PLC0415
    from safelight.policy.models import Notice  # noqa: PLC0415

    at = datetime.now(UTC) - timedelta(minutes=30)
    patient = Patient.objects.create(
        practice=practice, given="Pat", family="Testcase", search_name="testcase pat",
        search_given="pat testcase", born=datetime(1968, 3, 12, tzinfo=UTC).date(), sex="F",
        record_number="B-1", usual_gp=doctor, added_at=at,
    )  # fmt: skip
    visit = Visit.objects.create(
        practice=practice, patient=patient, person=doctor, starts_at=at, reason="Skin check"
    )
    notice = Notice.objects.get(practice=practice)
    talk = Discussion(
        points=tuple(point["key"] for point in notice.points),
        method="signed",
        answers=(Answer("care", "yes"),),
        decider="patient",
        signature=STROKES,
        scope="standing",
    )
    record_consent(
        patient, id=new_id(), talk=talk, notice=notice, agreed_at=at, by=doctor, at=at, visit=visit
    )
    return patient.pk
