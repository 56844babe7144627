"""The scripts a newcomer meets first: they say one line, and ask for nothing twice."""

import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "tools"
# What the server may not do, as its unit says it (ASVS 13.2.2).
WALLS = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ReadWritePaths": "/srv/safelight",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "RestrictNamespaces": "yes",
    "ProtectKernelTunables": "yes",
    "SystemCallArchitectures": "native",
    "LimitCORE": "0",
    "UMask": "0077",
}


def run_as(folder: Path, uid: int) -> "subprocess.CompletedProcess[str]":
    """Run the script on a machine that has no browser, as somebody, with apt written down."""
    for name, words in {
        "id": f"echo {uid}",
        "apt-get": f'echo "$@" >> {folder}/apt',
        "ls": "exit 2",
    }.items():
        (folder / name).write_text(f"#!/bin/sh\n{words}\n")
        (folder / name).chmod(0o755)
    return subprocess.run(
        ["/bin/sh", str(TOOLS / "get_test_tools.sh")],
        env={"PATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_whoever_is_not_root_gets_the_one_line_to_run(tmp_path: Path) -> None:
    told = run_as(tmp_path, 1000)
    assert told.returncode == 1
    (line,) = told.stderr.splitlines()
    assert "Run:  sudo apt-get install chromium postgresql " in line
    assert not (tmp_path / "apt").exists()


def test_root_gets_what_is_missing_without_a_question(tmp_path: Path) -> None:
    assert run_as(tmp_path, 0).returncode == 0
    update, install = (tmp_path / "apt").read_text().splitlines()
    assert update.startswith("update")
    assert {"install", "-y", "chromium", "postgresql"} <= set(install.split())


@pytest.mark.parametrize("path", sorted(TOOLS.glob("*.sh")), ids=lambda path: path.name)
def test_a_script_can_be_run_and_stops_at_its_first_failure(path: Path) -> None:
    assert os.access(path, os.X_OK)
    assert path.read_text().startswith("#!/bin/sh\n")
    assert "\nset -eu\n" in path.read_text()


def test_the_unit_keeps_the_server_in_its_data_folder_and_fits_the_guide() -> None:
    unit = (ROOT / "deploy" / "safelight.service").read_text()
    told = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line and line[0] != "#")
    guide = (ROOT / "docs" / "running.md").read_text()
    assert {name: told.get(name) for name in WALLS} == WALLS
    assert told["User"] == "safelight"
    assert told["LoadCredentialEncrypted"] in guide
    assert told["ExecStart"].removesuffix(" serve") in guide
    assert "cp deploy/safelight.service" in guide


def test_the_list_of_parts_names_each_at_its_version(tmp_path: Path) -> None:
    words = ["make", "--silent", "-o", ".venv/dev", "sbom", f"PARTS={tmp_path}"]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True, timeout=120)
    python, phone = (
        {part["name"]: part["version"] for part in json.loads(path.read_text())["components"]}
        for path in (tmp_path / "sbom-python.json", tmp_path / "sbom-phone.json")
    )
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    assert set(python.items()) <= {(row["name"], row["version"]) for row in locked}
    assert {"django", "cryptography", "pillow", "sqlcipher3"} <= set(python)
    assert "pytest" not in python
    assert "idb" in phone
