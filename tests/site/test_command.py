"""The `safelight` command, run as a person runs it: in a process of its own, on a real folder."""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from pkgutil import resolve_name

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from safelight.site.cli import BEFORE_DJANGO, WITH_DJANGO
from safelight.vault import files
from safelight.vault.disk import DiskStore

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "verify_audit.py"
ANSWERS = {
    "--name": "Test Street Practice",
    "--place": "VIC",
    "--zone": "Australia/Melbourne",
    "--address": "1 Test Street",
    "--contact": "03 5550 0000",
    "--manager-given": "Mo",
    "--manager-family": "Prototype",
    "--manager-email": "mo@example.invalid",
    "--origin": "http://localhost:8000",
}


def command(folder: Path, *words: str, ask: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "safelight.site.cli", "--data", str(folder / "data"), *words],
        input=ask,
        capture_output=True,
        text=True,
        timeout=120,
        env=clean_environment(),
        cwd=ROOT,
    )


def clean_environment() -> dict[str, str]:
    """Return our environment without what would tell the command where its data is."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("SAFELIGHT", "DJANGO"))}


def init(folder: Path, **changed: str) -> "subprocess.CompletedProcess[str]":
    told = {**ANSWERS, **{f"--{k}": v for k, v in changed.items()}}
    words = [word for pair in told.items() for word in pair]
    key = ("--key-file", str(folder / "root.key"), "--kits", str(folder))
    return command(folder, "init", *words, *key)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def practice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("practice")
    done = init(folder)
    assert done.returncode == 0, done.stderr
    assert "http://localhost:8000/join#" in done.stdout
    # Not the usual port: a demo may be running on this machine.
    with (folder / "data" / "safelight.toml").open("a") as config:
        config.write(f"port = {free_port()}\n")
    return folder


def copy_of(practice: Path, folder: Path) -> Path:
    """Copy a practice that is not running, its key and its kits: as good as a new set-up."""
    shutil.copytree(practice, folder, dirs_exist_ok=True)
    config = folder / "data" / "safelight.toml"
    config.write_text(config.read_text().replace(str(practice), str(folder)))
    return folder


@pytest.mark.parametrize("path", [*BEFORE_DJANGO.values(), *WITH_DJANGO.values()])
def test_every_command_has_something_that_runs_it(path: str) -> None:
    assert callable(resolve_name(path))


def test_init_leaves_two_kits_keys_and_nothing_others_can_read(practice: Path) -> None:
    for name in "AB":
        kit = practice / f"safelight-recovery-kit-{name}.html"
        assert "AGE-SECRET-KEY-" in kit.read_text()
        assert kit.stat().st_mode & 0o077 == 0
    for path in [practice / "root.key", *(practice / "data").rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_no_word_of_the_practice_is_readable_on_the_disk(practice: Path) -> None:
    held = b"".join(path.read_bytes() for path in (practice / "data").rglob("*") if path.is_file())
    assert b"Test Street" not in held
    assert b"Prototype" not in held
    assert b"SQLite format 3" not in held


def test_init_again_refuses_and_changes_nothing(practice: Path) -> None:
    before = (practice / "root.key").read_bytes()
    again = init(practice)
    assert again.returncode == 1
    assert "There are keys here already" in again.stderr
    assert (practice / "root.key").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("place", "XX"),
        ("origin", "http://photos.example"),
        ("manager-email", "nobody"),
        ("name", ""),
    ],
)
def test_a_wrong_answer_leaves_nothing_behind(tmp_path: Path, name: str, value: str) -> None:
    assert init(tmp_path, **{name: value}).returncode != 0
    assert not (tmp_path / "data").exists()
    assert not (tmp_path / "root.key").exists()


def test_status_says_how_it_is_and_that_a_key_file_is_the_weakest(practice: Path) -> None:
    told = command(practice, "status")
    assert told.returncode == 0, told.stdout + told.stderr
    assert "SQLCipher" in told.stdout
    assert "weakest" in told.stdout
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("folder", ["inbox", "blobs", "keyring"])
def test_a_folder_closed_by_a_failed_write_is_told_and_opened_by_a_person(
    practice: Path, folder: str
) -> None:
    place = practice / "data" / folder
    place.mkdir(mode=0o700, exist_ok=True)
    files.stop(place)
    told = command(practice, "status")
    assert told.returncode == 2
    assert "safelight mended" in told.stdout
    assert command(practice, "mended").returncode == 0
    assert not files.is_stopped(place)
    assert command(practice, "status").returncode == 0


def test_a_manager_nobody_can_let_in_gets_a_new_link_from_the_server(practice: Path) -> None:
    told = command(practice, "manager-link", "MO@example.invalid")
    assert told.returncode == 0, told.stderr
    assert "http://localhost:8000/join#" in told.stdout
    nobody = command(practice, "manager-link", "ada@example.invalid")
    assert nobody.returncode == 1
    assert "join#" not in nobody.stdout


def test_without_the_root_key_nothing_starts(practice: Path, tmp_path: Path) -> None:
    key = practice / "root.key"
    aside = key.rename(practice / "root.aside")
    try:
        for words in (("serve",), ("status",)):
            told = command(practice, *words)
            assert told.returncode == 1
            assert "No root key was found" in told.stderr
            assert "Traceback" not in told.stderr
    finally:
        aside.rename(key)


def test_over_the_photos_of_another_installation_nothing_starts(
    practice: Path, tmp_path: Path
) -> None:
    copy_of(practice, tmp_path)
    DiskStore(tmp_path / "data" / "blobs").require_owner("another keyring")
    told = command(tmp_path, "serve")
    assert told.returncode == 1
    assert "belongs to another Safelight" in told.stderr


def test_a_kit_opens_the_practice_when_the_key_is_lost(practice: Path, tmp_path: Path) -> None:
    copy_of(practice, tmp_path)
    (tmp_path / "root.key").unlink()
    page = (tmp_path / "safelight-recovery-kit-B.html").read_text()
    secret = "AGE-SECRET-KEY-" + page.split("AGE-SECRET-KEY-")[1].split("<")[0]
    new = str(tmp_path / "root.key")
    wrong = command(tmp_path, "recover", "--key-file", new, ask="AGE-SECRET-KEY-1QQQ\n")
    assert wrong.returncode == 1
    assert not Path(new).exists()
    done = command(tmp_path, "recover", "--key-file", new, ask=secret + "\n")
    assert done.returncode == 0, done.stderr
    assert command(tmp_path, "status").returncode == 0


def test_the_exported_log_passes_the_separate_verifier(practice: Path, tmp_path: Path) -> None:
    out = tmp_path / "log.jsonl"
    assert command(practice, "audit", "export", str(out)).returncode == 0
    key = tmp_path / "key"
    key.write_text(command(practice, "audit", "key").stdout)
    verify = [sys.executable, str(TOOL), "--key", str(key), str(out)]
    told = subprocess.run(verify, capture_output=True, text=True)
    assert told.returncode == 0, told.stdout + told.stderr
    lines = out.read_text().splitlines()
    assert {json.loads(line)["kind"] for line in lines} == {"log", "entry", "checkpoint"}
    out.write_text("\n".join(line.replace("practice.made", "practice.mode") for line in lines))
    assert subprocess.run(verify, capture_output=True).returncode == 1


@pytest.fixture
def https(practice: Path, tmp_path: Path) -> Iterator[tuple[str, ssl.SSLContext]]:
    """A practice of its own, served with a certificate, on a free port."""
    port = free_port()
    _certificate(copy_of(practice, tmp_path))
    (tmp_path / "data" / "safelight.toml").write_text(
        f'origin = "https://localhost:{port}"\nport = {port}\n'
        f'certificate = "{tmp_path}/c.pem"\ncertificate_key = "{tmp_path}/k.pem"\n'
        f'root_key_file = "{tmp_path}/root.key"\n'
    )
    words = [sys.executable, "-m", "safelight.site.cli", "--data", str(tmp_path / "data"), "serve"]
    server = subprocess.Popen(words, env=clean_environment(), cwd=ROOT, stdout=subprocess.DEVNULL)
    trust = ssl.create_default_context(cafile=str(tmp_path / "c.pem"))
    try:
        _wait_for(f"https://localhost:{port}/sign-in", trust)
        yield f"https://localhost:{port}", trust
    finally:
        server.terminate()
        assert server.wait(30) == 0


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    begin = datetime.now(UTC) - timedelta(days=1)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "c.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "k.pem").write_bytes(pem)


def _wait_for(url: str, trust: ssl.SSLContext) -> None:
    limit = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, context=trust, timeout=5).read()
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)
        else:
            return


def test_https_is_served_with_the_headers_and_cookies_it_needs(
    https: tuple[str, ssl.SSLContext],
) -> None:
    origin, trust = https
    with urllib.request.urlopen(f"{origin}/sign-in", context=trust) as answer:
        headers = answer.headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "server" not in {name.lower() for name in headers}
    for cookie in headers.get_all("Set-Cookie") or []:
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
        assert "SameSite=Strict" in cookie
