"""How the installation is: for the person who wants it dull to run."""

import argparse
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from safelight.lib.clock import now
from safelight.photos.models import Capture, Photo, Rendition
from safelight.photos.reading import open_alarms
from safelight.photos.rewrapping import began_at, stuck, waiting
from safelight.policy.models import Practice
from safelight.site.setting_up import waiting_changes
from safelight.site.settings import CONFIG
from safelight.vault import files, keyring
from safelight.vault.inbox import Floor

GROWTH_DAYS = 30
LONG = 120  # months; nobody plans a disk further ahead


def _size(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"


def _keys() -> list[str]:
    root = keyring.root_of_process()
    source = root.source if root else "memory"
    weak = " (the weakest way: whoever copies it and the data can read all)"
    ring = keyring.current()
    return [
        f"Root key        from the {source}{weak if source == 'key file' else ''}",
        f"Keyring         generation {ring.generation}, three kept, two recovery kits",
        *(f"WARNING         keyring file {name} did not open" for name in ring.damaged),
    ]


def _epoch(practice: Practice) -> str:
    """Tell since when the practice's key wraps the keys of photos, and what an older one wraps."""
    newest = keyring.current().newest_epoch(practice.pk)
    words = f"epoch {newest} since {began_at(practice, newest).date()}"
    older = waiting(practice)
    return f"Photo keys      {words}" + (f"; {older} still under an older one" if older else "")


def _stuck(practice: Practice) -> list[str]:
    """Tell, in words, of keys that cannot be brought over to the newest key, and what to do."""
    count = stuck(practice, at=now())
    if not count:
        return []
    return [
        f"WARNING         {count} keys of photos could not be brought over to the new key in a day",
        "                if the server ran, they do not open, and the old key is kept; its log has",
        "                their rows: look for 'not wrapped anew'. Bring these back from a backup,",
        "                and tell the privacy officer: they may have been changed by somebody",
    ]


def _database() -> list[str]:
    if connection.vendor == "sqlite":
        return ["Database        SQLite through SQLCipher: names and notes are ciphertext on disk"]
    return ["Database        PostgreSQL: names rest on its disk's encryption, photos on ours"]


def _space() -> tuple[list[str], bool]:
    """Tell what is stored, how fast it grows, and until when the disk lasts."""
    disk = shutil.disk_usage(settings.SAFELIGHT_DATA)
    floor = Floor().least(disk.total)
    rows = Rendition.objects.aggregate(all=Sum("size"))
    recent = Rendition.objects.filter(made_at__gte=now() - timedelta(days=GROWTH_DAYS))
    month = recent.aggregate(all=Sum("size"))["all"] or 0
    lines = [f"Photos          {Photo.objects.count()} in {_size(rows['all'] or 0)}"]
    room = disk.free - floor
    words = f"Disk            {_size(disk.free)} free, {_size(floor)} kept back"
    if month:
        left = min(LONG, max(0, room) // month)
        many = f"more than {LONG}" if left == LONG else f"{left}"
        words += f"; at last month's pace ({_size(month)}) full in {many} months"
    lines.append(words)
    return lines, room > 0


def report() -> tuple[list[str], bool]:
    """Return the lines to show, and whether all is well."""
    lines = [f"Data            {settings.SAFELIGHT_DATA}", f"Address         {CONFIG.origin}"]
    if CONFIG.listen not in ("127.0.0.1", "::1") and not CONFIG.secure:
        lines.append("WARNING         listening beyond this machine without https")
    lines += [*_keys(), *_database()]
    space, well = _space()
    lines += space
    waiting = waiting_changes()
    if waiting:
        lines.append(f"WARNING         {waiting} table changes wait; start `safelight serve`")
        well = False
    data = Path(settings.SAFELIGHT_DATA)
    if any(files.is_stopped(data / folder) for folder in files.STOPPABLE):
        lines.append("WARNING         a write to disk failed; photos are refused until looked at")
        lines.append("                have the disk checked, then run `safelight mended`")
        well = False
    for practice in Practice.objects.all():
        alarms = open_alarms(practice).count()
        unfiled = Capture.objects.filter(
            practice=practice, state__in=(Capture.State.STORED, Capture.State.RECEIVING)
        ).count()
        held = sum(practice.phones.values_list("held", flat=True))
        lines.append(
            f"Practice        {practice.name}: {held} photos on phones, {unfiled} arriving,"
            f" {alarms} alarms"
        )
        left = _stuck(practice)
        lines += [_epoch(practice), *left]
        well = well and alarms == 0 and not left
    lines.append(
        "Virus scanner   none is built in; originals are kept sealed and never opened here"
    )
    return lines, well


def run(told: argparse.Namespace, *, say: Callable[[str], None]) -> int:
    """Say it, line by line. The exit code is 2 when something wants looking after."""
    lines, well = report()
    for line in lines:
        say(line)
    return 0 if well else 2
