"""Crashes: killed before any fsync, rename, unlink or commit, nothing acknowledged is lost."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
START = "import django; django.setup(); from tests.photos.{} import main; main('{}')"
WHOLE = {
    "state": "filed",
    "kept_promise": True,
    "whole": True,
    "rows_without_blob": [],
    "copies": 4,
    "filed_entries": 1,
    "arrived_entries": 1,
    "receipt": "filed",
    "signed": True,
    "left_in_inbox": [],
    "people": 1,
}


TURNED = {
    "opens_at_once": True,
    "opens_after": True,
    "waiting": 0,
    "epochs_in_each_generation": [[2], [2], [2]],
    "made": 1,
    "ended": 1,
    "rewrapped": ["1 keys", "1 keys"],
}
ENDED = {
    "drop": {
        "said_too_early": False,
        "copies_with_it": 0,
        "said": 1,
        "to_say": 0,
        "others_left_alone": True,
    },
    "kits": {
        "said_too_early": False,
        "the_worker_ends_or_nothing_began": True,
        "opened_by_old_kit_after_the_command": 0,
        "to_say": 0,
        "said_again": True,
    },
}


def killed_at_every_step(act: str, program: str = "crashing") -> list[dict[str, Any]]:
    """Run the killing in processes of its own and return what was found after each."""
    run = subprocess.run(
        [sys.executable, "-c", START.format(program, act)],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.photos.crash_settings"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-4000:]
    return [json.loads(line) for line in run.stdout.splitlines()]


def folded(steps: list[str]) -> list[str]:
    """Return the steps with repeats of one kind as one."""
    return [s for n, s in enumerate(steps) if n == 0 or steps[n - 1] != s]


@pytest.mark.parametrize(
    ("act", "least", "ending"),
    [
        ("receive", 8, ["fsync", "rename", "fsync", "commit", "committed"]),
        ("file", 20, ["commit", "committed", "unlink", "fsync"]),
    ],
)
def test_an_act_killed_at_any_step_is_completed_and_loses_nothing(
    act: str, least: int, ending: list[str]
) -> None:
    found = killed_at_every_step(act)
    steps = found[0]["steps"]
    assert len(steps) >= least
    assert len(found) == len(steps) + 2  # unharmed, killed at each step, and one beyond the last
    assert folded(steps)[-len(ending) :] == ending
    for one in found:
        assert one["found"] == WHOLE, (act, one["n"], steps[one["n"] - 1])
    assert all(one["steps"] is None for one in found[1:-1])


@pytest.mark.parametrize(("act", "least"), [("begin", 8), ("rewrap", 4), ("end", 20)])
def test_a_key_that_follows_another_loses_nothing_at_whatever_step_it_is_killed(
    act: str, least: int
) -> None:
    found = killed_at_every_step(act, "crashing_keys")
    steps = found[0]["steps"]
    assert len(steps) >= least
    assert len(found) == len(steps) + 2
    for one in found:
        assert one["found"] == TURNED, (act, one["n"], steps[one["n"] - 1])


@pytest.mark.parametrize("act", ["drop", "kits"])
def test_an_old_key_or_kit_is_said_to_be_ended_only_when_no_copy_has_it(act: str) -> None:
    found = killed_at_every_step(act, "crashing_ends")
    steps = found[0]["steps"]
    assert len(steps) >= 30
    assert len(found) == len(steps) + 2
    for one in found:
        assert one["found"] == ENDED[act], (act, one["n"], steps[one["n"] - 1])
