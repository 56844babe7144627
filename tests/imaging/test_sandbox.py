"""The sandbox: nothing gets out of a child, and the server lives on."""

import os
import resource
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from safelight.imaging.answers import Answer, Malformed, frame, prepared_from, unframe
from safelight.imaging.limits import MIB, Limits
from safelight.imaging.refusals import (
    PictureDamaged,
    PictureKind,
    PictureRefused,
    PictureStopped,
    PictureTooLarge,
    SandboxUnavailable,
)
from safelight.imaging.sandbox import Decoder, decoder

HOSTILE = "tests.imaging.hostile"
HEIC_HEAD = b"\0\0\0\x18ftyp"
NOBODY = 65534


@pytest.fixture(scope="module")
def prison() -> Iterator[Decoder]:
    limits = Limits(memory=700 * MIB, cpu_seconds=1, wall_seconds=20, answer_bytes=3 * MIB)
    with Decoder(limits=limits, module=HOSTILE) as running:
        yield running


def comes_back(prison: Decoder) -> None:
    """The server is the same one, and still answers."""
    with pytest.raises(PictureKind):
        prison.prepare(b"open")


@pytest.mark.parametrize(
    "way",
    [
        *("open", "create", "list", "unlink", "socket", "unix socket", "memfd", "pipe"),
        *("signal", "become root", "raise limits", "executable memory"),
    ],
)
def test_a_child_that_reaches_out_is_refused(prison: Decoder, way: str) -> None:
    before = prison.server_pid
    with pytest.raises(PictureKind):
        prison.prepare(way.encode())
    assert prison.server_pid == before
    assert not Path("/dev/shm/escaped").exists()


@pytest.mark.parametrize("way", ["fork", "exec", "thread"])
def test_a_child_that_starts_anything_is_ended(prison: Decoder, way: str) -> None:
    before = prison.server_pid
    with pytest.raises(PictureStopped):
        prison.prepare(way.encode())
    assert prison.server_pid == before
    comes_back(prison)


@pytest.mark.parametrize("way", ["fork", "exec"])
def test_a_heic_child_may_have_threads_but_no_processes(prison: Decoder, way: str) -> None:
    with pytest.raises(PictureStopped):
        prison.prepare(HEIC_HEAD + way.encode())
    comes_back(prison)


def test_a_heic_child_may_have_threads(prison: Decoder) -> None:
    with pytest.raises(PictureRefused) as refused:
        prison.prepare(HEIC_HEAD + b"thread")
    assert refused.value.code == "picture_frames"  # this way is meant to be open


def test_a_heic_child_still_cannot_open_files(prison: Decoder) -> None:
    with pytest.raises(PictureKind):
        prison.prepare(HEIC_HEAD + b"open")


def test_a_child_that_eats_memory_is_stopped(prison: Decoder) -> None:
    with pytest.raises(PictureStopped):
        prison.prepare(b"eat")
    comes_back(prison)


def test_a_child_that_spins_is_stopped_by_its_cpu_limit(prison: Decoder) -> None:
    began = time.monotonic()
    with pytest.raises(PictureStopped):
        prison.prepare(b"spin")
    assert time.monotonic() - began < 15
    comes_back(prison)


def test_a_child_that_takes_too_long_is_ended_by_the_clock() -> None:
    with Decoder(limits=Limits(cpu_seconds=60, wall_seconds=0.4), module=HOSTILE) as prison:
        began = time.monotonic()
        with pytest.raises(PictureStopped):
            prison.prepare(b"spin")
        assert time.monotonic() - began < 10


def test_a_child_that_floods_the_worker_is_cut_off(prison: Decoder) -> None:
    ending, raw = prison._exchange({"task": "prepare", "turn": 0}, b"flood")
    assert (ending, raw) == ("killed", b"")
    with pytest.raises(PictureStopped):
        prison.prepare(b"flood")
    comes_back(prison)


def test_where_no_more_files_may_be_opened_none_is_left_open(
    decoder: Decoder, file: Callable[[str], bytes]
) -> None:
    data = file("j-plain.jpg")
    decoder.prepare(data)
    before = sorted(os.listdir("/proc/self/fd"))
    free = os.dup(0)
    os.close(free)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, hard))  # for the picture, not the pipe
    try:
        with pytest.raises(OSError, match="Too many open files"):
            decoder._exchange({"task": "prepare", "turn": 0}, data)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert sorted(os.listdir("/proc/self/fd")) == before
    assert decoder.prepare(data).kind == "jpeg"


def test_a_child_cannot_choose_the_words_a_person_reads(prison: Decoder) -> None:
    with pytest.raises(PictureRefused) as refused:
        prison.prepare(b"say <b>call this number</b>")
    assert refused.value.message == PictureRefused.sentence


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_every_wall_is_up_while_a_child_works() -> None:
    limits = Limits(cpu_seconds=60, wall_seconds=60)
    prison = Decoder(limits=limits, module=HOSTILE)
    prison.start()
    server = prison.server_pid or 0

    def ask() -> None:
        with pytest.raises(PictureStopped):
            prison.prepare(b"spin")

    spinning = threading.Thread(target=ask)
    spinning.start()
    try:
        child, status = 0, ""
        until = time.monotonic() + 20
        while "Seccomp:\t2" not in status and time.monotonic() < until:
            found = children_of(server)
            if found:
                child = found[0]
                status = Path(f"/proc/{child}/status").read_text()
        facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        walls = {
            line[:26].strip(): line[26:].split()[:2]
            for line in Path(f"/proc/{child}/limits").read_text().splitlines()
        }
    finally:
        os.kill(child, 9)
        spinning.join()
        prison.close()
    assert facts["NoNewPrivs"] == "1"
    assert facts["CapEff"] == facts["CapPrm"] == facts["CapInh"] == "0000000000000000"
    assert os.geteuid() != 0 or set(facts["Uid"].split()) == {str(NOBODY)}
    assert walls["Max open files"] == ["0", "0"]
    assert walls["Max file size"] == ["0", "0"]
    assert walls["Max core file size"] == ["0", "0"]
    assert walls["Max address space"] == [str(limits.memory)] * 2
    assert walls["Max cpu time"] == ["60", "61"]


def test_the_limits_are_those_written_down() -> None:
    written = Limits()
    assert written.memory == 1536 * MIB
    assert written.cpu_seconds == 8
    assert written.wall_seconds == 10


def test_the_child_of_an_ended_server_ends_with_it() -> None:
    prison = Decoder(limits=Limits(cpu_seconds=60, wall_seconds=60), module=HOSTILE)
    prison.start()
    server = prison.server_pid or 0
    refused: list[Exception] = []

    def ask() -> None:
        try:
            prison.prepare(b"spin")
        except (PictureRefused, SandboxUnavailable) as problem:
            refused.append(problem)

    spinning = threading.Thread(target=ask)
    spinning.start()
    until = time.monotonic() + 20
    while not children_of(server) and time.monotonic() < until:
        time.sleep(0.01)
    (child,) = children_of(server)
    while "Seccomp:\t2" not in Path(f"/proc/{child}/status").read_text():
        time.sleep(0.01)
    os.kill(server, 9)
    while time.monotonic() < until and Path(f"/proc/{child}").exists():
        time.sleep(0.01)
    assert not Path(f"/proc/{child}").exists()
    second = prison.server_pid or 0
    while (second == server or not children_of(second)) and time.monotonic() < until:
        second = prison.server_pid or 0
    os.kill(second, 9)
    spinning.join()
    prison.close()
    assert [type(one) for one in refused] == [SandboxUnavailable]


def test_the_server_is_started_again_after_it_died(file: Callable[[str], bytes]) -> None:
    with Decoder() as mine:
        first = mine.server_pid or 0
        os.kill(first, 9)
        assert mine.prepare(file("j-plain.jpg")).kind == "jpeg"
        assert mine.server_pid != first


def test_without_a_filter_for_the_processor_nothing_is_decoded() -> None:
    with pytest.raises(SandboxUnavailable):
        Decoder(module="tests.imaging.unsafe").start()


def test_a_child_whose_filter_does_not_hold_decodes_nothing(file: Callable[[str], bytes]) -> None:
    mine = Decoder(module="tests.imaging.unfiltered")
    with pytest.raises(SandboxUnavailable):
        mine.start()
    with pytest.raises(SandboxUnavailable):
        mine.prepare(file("j-plain.jpg"))
    mine.close()


def test_the_server_inherits_no_secret() -> None:
    os.environ["SAFELIGHT_CANARY"] = "secret"
    try:
        with Decoder() as mine:
            held = Path(f"/proc/{mine.server_pid}/environ").read_bytes()
            links = {os.readlink(one) for one in Path(f"/proc/{mine.server_pid}/fd").iterdir()}
    finally:
        del os.environ["SAFELIGHT_CANARY"]
    assert b"SAFELIGHT" not in held
    assert all(one.startswith(("socket:", "/dev/null", "pipe:", "/dev/", "/tmp")) for one in links)
    assert sum(one.startswith("socket:") for one in links) == 1


def as_another_user(words: str, data: bytes) -> bytes:
    """Run these words as a user who is not root, but was given one of root's capabilities."""
    command = [sys.executable, "-c", words]
    if os.geteuid() == 0:  # reading what root may read is what the tests' Python needs to start
        reading = "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"
        user = f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"
        command = ["setpriv", *user, *reading, *command]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command, input=data, capture_output=True, cwd=root, check=True, timeout=60
    )
    return done.stdout.strip()


@pytest.mark.parametrize(("name", "kind"), [("j-plain.jpg", b"jpeg"), ("h-exif.heic", b"heic")])
def test_it_works_for_a_user_who_is_not_root(
    file: Callable[[str], bytes], name: str, kind: bytes
) -> None:
    words = (
        "import sys, os; from safelight.imaging.sandbox import Decoder\n"
        "assert os.geteuid() != 0\n"
        "with Decoder() as d: print(d.prepare(sys.stdin.buffer.read()).kind)\n"
    )
    assert as_another_user(words, file(name)) == kind


def test_a_capability_of_the_worker_does_not_reach_the_child() -> None:
    words = (
        "import os; from safelight.imaging import lockdown\n"
        "status = os.open('/proc/self/status', os.O_RDONLY)\n"
        "held = os.pread(status, 4096, 0).decode().split('CapEff:\\t')[1].split()[0]\n"
        "lockdown._become_nobody()\n"
        "left = os.pread(status, 4096, 0).decode().split('CapEff:\\t')[1].split()[0]\n"
        "print(int(held, 16), int(left, 16))\n"
    )
    held, left = as_another_user(words, b"").split()
    assert left == b"0"
    assert os.geteuid() != 0 or held != b"0"


def test_many_threads_share_one_decoder(decoder: Decoder, file: Callable[[str], bytes]) -> None:
    names = ["j-plain.jpg", "j-orient6.jpg", "p-text.png", "h-exif.heic"] * 3
    alone = {name: decoder.prepare(file(name)) for name in set(names)}
    together: list[tuple[str, object]] = []

    def work(name: str) -> None:
        together.append((name, decoder.prepare(file(name))))

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(together) == len(names)
    assert all(result == alone[name] for name, result in together)


def test_the_worker_loads_no_decoder_itself() -> None:
    words = (
        "import sys, safelight.imaging.sandbox as s; s.decoder().start()\n"
        "print([m for m in ('PIL', 'numpy', 'simplejpeg', 'pillow_heif') if m in sys.modules])"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, cwd=root, check=True, timeout=60
    )
    assert done.stdout.strip() == b"[]"


def test_one_decoder_serves_the_whole_process() -> None:
    assert decoder() is decoder()


def test_nothing_is_left_running_after_close(file: Callable[[str], bytes]) -> None:
    mine = Decoder()
    mine.start()
    server = mine.server_pid or 0
    mine.close()
    mine.close()
    assert not Path(f"/proc/{server}").exists()


def test_a_file_over_64_mib_never_reaches_a_decoder(decoder: Decoder) -> None:
    with pytest.raises(PictureTooLarge):
        decoder.prepare(bytes(64 * MIB + 1))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SLP1",
        b"SLP1\0\0\0\x02{]",
        b"SLP1\0\0\0\x02[]",
        b"SLP1\xff\xff\xff\xff{}",
        frame(Answer({}, [b"more"]))[:-1],
        frame(Answer({}, [])) + b"tail",
    ],
)
def test_an_answer_that_does_not_add_up_is_not_believed(raw: bytes) -> None:
    with pytest.raises(Malformed):
        unframe(raw)


def good_answer(decoder: Decoder, data: bytes) -> Answer:
    return decoder._ask({"task": "prepare", "turn": 0}, data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("kind", "svg"),
        ("width", -1),
        ("width", True),
        ("height", 30_000),
        ("orientation", 9),
        ("icc_name", "a\x1b[31m"),
        ("icc_name", "long" * 40),
        ("dhash64", 2**64),
        ("quality", None),
        ("evidence", {"make": 5}),
    ],
)
def test_facts_out_of_range_are_not_believed(
    decoder: Decoder, file: Callable[[str], bytes], name: str, value: object
) -> None:
    answer = good_answer(decoder, file("j-plain.jpg"))
    prepared_from(answer, "0" * 64)
    answer.header[name] = value
    with pytest.raises(Malformed):
        prepared_from(answer, "0" * 64)


@pytest.mark.parametrize("name", ["j-exif.jpg", "j-trailing-jpeg.jpg", "j-html.jpg", "p-text.png"])
def test_a_rendition_that_is_more_than_pixels_is_not_believed(
    decoder: Decoder, file: Callable[[str], bytes], name: str
) -> None:
    answer = good_answer(decoder, file("j-plain.jpg"))
    answer.blobs[0] = file(name)
    with pytest.raises(Malformed):
        prepared_from(answer, "0" * 64)


def test_the_socket_to_the_server_is_private() -> None:
    with Decoder() as mine:
        channel = mine._channel
        assert channel is not None
        assert channel.family == socket.AF_UNIX
        assert not os.get_inheritable(channel.fileno())


def test_damaged_files_do_not_wear_the_server_out(
    decoder: Decoder, file: Callable[[str], bytes]
) -> None:
    before = decoder.server_pid
    whole = file("j-plain.jpg")
    for cut in range(100, len(whole), 1500):
        with pytest.raises(PictureDamaged):
            decoder.prepare(whole[:cut])
    assert decoder.server_pid == before
