"""Alone: no test, and no Python that a test starts, reaches anything but this computer.

Python imports a module of this name at its start: conftest puts this folder on the path that
children inherit. An attempt is refused, and noted in a file that conftest looks at (ASVS 13.2.4).
"""

import os
import socket
import sys
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

NOTES: Final = "NOTES_OF_STEPS_OUTSIDE"  # clean environments keep it
CONNECTS: Final = frozenset({"socket.connect", "socket.sendto", "socket.sendmsg"})
ASKS: Final = frozenset({"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"})


class OutsideTried(RuntimeError):
    """Something would have left this computer. Nothing did."""


def is_here(host: Any) -> bool:
    """Say whether a host is this computer, without asking any name server."""
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost", socket.gethostname()):
        return True
    try:
        address = ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def watch(event: str, told: tuple[Any, ...]) -> None:
    """Refuse a way out. Python calls this with all it does, so the first look is a cheap one."""
    if not event.startswith("socket."):
        return
    if event in CONNECTS:
        host = told[1][0] if isinstance(told[1], tuple) else None  # a path is a socket of ours
    elif event in ASKS:
        host = told[0]
    else:
        return
    if not is_here(host):
        with Path(os.environ[NOTES]).open("a") as notes:
            notes.write(f"{event} {host}\n")
        raise OutsideTried(f"{event} {host}")


if NOTES in os.environ:
    sys.addaudithook(watch)
