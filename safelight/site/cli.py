"""The `safelight` command: set a practice up, serve it, say how it is, take its audit log out."""

import argparse
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from safelight.lib.refusals import Refusal
from safelight.site.starting import ready

BEFORE_DJANGO = {
    "init": "safelight.site.first_run:set_up",
    "recover": "safelight.site.first_run:recover",
    "mended": "safelight.site.mended:run",
    "clean": "safelight.site.clean_command:run",
    "regions": "safelight.site.regions_command:run",
}
"""What runs a command that needs no practice, or makes the one that the settings will read."""
WITH_DJANGO = {
    "kits": "safelight.site.new_kits:run",
    "manager-link": "safelight.site.managers:new_link",
    "serve": "safelight.site.serve_command:run",
    "status": "safelight.site.status:run",
    "demo": "safelight.site.demo_run:run",
    "keys next-epoch": "safelight.site.keys_command:next_epoch",
    "keys new-root": "safelight.site.keys_command:new_root",
    "audit export": "safelight.site.audit_command:export",
    "audit key": "safelight.site.audit_command:key",
}
"""What runs the others. Each is imported only when it is asked for, so that none waits for all."""
STOPPED = 130  # what a shell reports after Ctrl-C
SET_UP = {
    "name": "the practice's name",
    "place": "its state or territory",
    "zone": "its time zone",
    "address": "its street address",
    "contact": "telephone or e-mail for patients",
    "manager-given": "first manager's given name",
    "manager-family": "first manager's family name",
    "manager-email": "first manager's e-mail, to sign in with",
    "origin": "the https address staff and phones will use",
    "key-file": "keep the root key in this file instead of behind a passphrase (weaker)",
    "kits": "folder for the two recovery kits to print (default: .)",
}


def say(words: str = "") -> None:
    """Write one line for the person at the terminal."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def main(words: Sequence[str] | None = None) -> int:
    """Run one command. A refusal is one plain sentence and exit code 1, never a trace."""
    if sys.stdout is None:  # closed by whoever started us: the work counts, not the words
        sys.stdout = io.StringIO()
    told = _parser().parse_args(words)
    os.umask(0o077)  # whatever we write is ours alone
    if told.data:
        os.environ["SAFELIGHT_DATA"] = str(Path(told.data).absolute())
    try:
        return _run(told)
    except Refusal as refusal:
        sys.stderr.write(f"safelight: {refusal.message}\n")
        if refusal.remedy:
            sys.stderr.write(f"  {refusal.remedy}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nsafelight: stopped.\n")
        return STOPPED
    except OSError as trouble:
        sys.stderr.write(f"safelight: {trouble.strerror or trouble}\n")
        return 1


def _run(told: argparse.Namespace) -> int:
    """Find what runs the command, now that the data folder is known, and run it."""
    name = " ".join([told.command, *([told.what] if "what" in told else [])])
    early = BEFORE_DJANGO.get(name)
    run = resolve_name(early) if early else ready(WITH_DJANGO[name])
    code: int = run(told, say=say)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="safelight", description=__doc__)
    parser.add_argument("--data", help="the data folder (default: SAFELIGHT_DATA, or ./data)")
    commands = parser.add_subparsers(required=True, dest="command", metavar="command")
    _add_keys(commands)
    _add_key_changes(commands)
    _add_running(commands)
    _add_photos(commands)
    _add_audit(commands)
    return parser


def _add_keys(commands: Any) -> None:
    """Add what makes keys, and lets people back in where they are lost."""
    init = commands.add_parser("init", help="set up a practice: keys, recovery kits, first manager")
    for name, words in SET_UP.items():
        init.add_argument(f"--{name}", help=words)
    kits = commands.add_parser("kits", help="make two new recovery kits; the old ones end")
    kits.add_argument("--kits", help="folder for the two kits to print (default: .)")
    recover = commands.add_parser("recover", help="open the keyring again with a paper kit")
    recover.add_argument("--key-file", help="where to keep the new root key (default: passphrase)")
    manager = commands.add_parser(
        "manager-link", help="let a manager in whom nobody else can let in"
    )
    manager.add_argument("email", help="the e-mail they sign in with")


def _add_key_changes(commands: Any) -> None:
    """Add what changes keys that are there."""
    keys = commands.add_parser("keys", help="change the practice's key, or the root key")
    what = keys.add_subparsers(required=True, dest="what", metavar="what")
    what.add_parser("next-epoch", help="give the practice its next key, before its year is over")
    root = what.add_parser("new-root", help="new root key and kits, when a holder of one leaves")
    root.add_argument("--kits", help="folder for the two kits to print (default: .)")
    root.add_argument("--key-file", help="for the new root key, where a systemd credential is used")


def _add_running(commands: Any) -> None:
    """Add what serves a practice, says how it is, and shows a made-up one."""
    commands.add_parser("serve", help="run the practice: web and worker, one process tree")
    commands.add_parser("status", help="say how the installation is")
    commands.add_parser("mended", help="take photos again, after a failed disk was checked")
    demo = commands.add_parser("demo", help="make a demo practice and serve it")
    demo.add_argument("--make-only", action="store_true", help="make it, do not serve it")


def _add_photos(commands: Any) -> None:
    """Add what works on photos in files, and needs no practice."""
    clean = commands.add_parser("clean", help="copy photos with nothing but pixels and colours")
    clean.add_argument("files", nargs="+", metavar="FILE", help="the photos to clean")
    clean.add_argument("-o", "--output", required=True, metavar="DIR", help="folder for the copies")
    clean.add_argument("--json", action="store_true", help="one line of JSON for each file")
    regions = commands.add_parser("regions", help="suggest what to cover in a photo")
    regions.add_argument("file", metavar="FILE", type=Path, help="the photo")
    regions.add_argument("--json", action="store_true", help="one list, for programs")


def _add_audit(commands: Any) -> None:
    """Add what takes the audit log out, and the key that checks it."""
    audit = commands.add_parser("audit", help="the audit log").add_subparsers(
        required=True, dest="what", metavar="what"
    )
    export = audit.add_parser("export", help="write every entry and checkpoint as lines of JSON")
    export.add_argument("file", help="the file to write, or - for standard output")
    audit.add_parser("key", help="print the public key that checks the log's signatures")


if __name__ == "__main__":
    sys.exit(main())
