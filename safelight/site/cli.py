"""The `safelight` command: set a practice up, serve it, say how it is, take its audit log out."""

import argparse
import io
import os
import sys
from base64 import b64encode
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from safelight.lib.refusals import Refusal
from safelight.site import clean_command, regions_command

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
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "safelight.site.settings")
    run: Callable[[argparse.Namespace], int] = told.run
    try:
        return run(told)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="safelight", description=__doc__)
    parser.add_argument("--data", help="the data folder (default: SAFELIGHT_DATA, or ./data)")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_keys(commands)
    _add_running(commands)
    clean_command.add_to(commands)
    regions_command.add_to(commands)
    _add_audit(commands)
    return parser


def _add_keys(commands: Any) -> None:
    """Add what makes keys, and lets people back in where they are lost."""
    init = commands.add_parser("init", help="set up a practice: keys, recovery kits, first manager")
    for name, words in SET_UP.items():
        init.add_argument(f"--{name}", help=words)
    init.set_defaults(run=_init)
    kits = commands.add_parser("kits", help="make two new recovery kits; the old ones end")
    kits.add_argument("--kits", help="folder for the two kits to print (default: .)")
    kits.set_defaults(run=_kits)
    recover = commands.add_parser("recover", help="open the keyring again with a paper kit")
    recover.add_argument("--key-file", help="where to keep the new root key (default: passphrase)")
    recover.set_defaults(run=_recover)
    manager = commands.add_parser(
        "manager-link", help="let a manager in whom nobody else can let in"
    )
    manager.add_argument("email", help="the e-mail they sign in with")
    manager.set_defaults(run=_manager_link)


def _add_running(commands: Any) -> None:
    """Add what serves a practice, says how it is, and shows a made-up one."""
    serve = commands.add_parser("serve", help="run the practice: web and worker, one process tree")
    serve.set_defaults(run=_serve)
    status = commands.add_parser("status", help="say how the installation is")
    status.set_defaults(run=_status)
    mended = commands.add_parser(
        "mended", help="take photos again, after a failed disk was checked"
    )
    mended.set_defaults(run=_mended)
    demo = commands.add_parser("demo", help="make a demo practice and serve it")
    demo.add_argument("--make-only", action="store_true", help="make it, do not serve it")
    demo.set_defaults(run=_demo)


def _add_audit(commands: Any) -> None:
    """Add what takes the audit log out, and the key that checks it."""
    audit = commands.add_parser("audit", help="the audit log").add_subparsers(
        required=True, metavar="what"
    )
    export = audit.add_parser("export", help="write every entry and checkpoint as lines of JSON")
    export.add_argument("file", help="the file to write, or - for standard output")
    export.set_defaults(run=_audit_export)
    key = audit.add_parser("key", help="print the public key that checks the log's signatures")
    key.set_defaults(run=_audit_key)


def _ready() -> None:
    """Load Django, now that the data folder is known and its keys can be opened."""
    import django  # noqa: PLC0415 - settings read the data folder that was just named

    django.setup()


def _init(told: argparse.Namespace) -> int:
    from safelight.site.first_run import set_up  # noqa: PLC0415 - after the data folder is known

    return set_up(told, say=say, ask=input)


def _serve(told: argparse.Namespace) -> int:
    from safelight.site import config, serving  # noqa: PLC0415
    from safelight.vault import keyring  # noqa: PLC0415

    chosen = config.load(config.default_data())
    server = serving.take_address(chosen)
    _ready()
    keyring.current()  # without its keys nothing is opened and nothing listens
    from safelight.site import setting_up  # noqa: PLC0415 - models exist only from here on

    setting_up.bring_up_to_date()
    say(f"Safelight is at {chosen.origin}")
    return serving.serve(chosen, server, say=say)


def _kits(told: argparse.Namespace) -> int:
    _ready()
    from safelight.site.kits import new_kits  # noqa: PLC0415 - models exist only from here on

    return new_kits(told, say=say)


def _manager_link(told: argparse.Namespace) -> int:
    _ready()
    from safelight.site.first_run import new_manager_link  # noqa: PLC0415

    return new_manager_link(told.email, say=say)


def _status(told: argparse.Namespace) -> int:
    _ready()
    from safelight.site.status import report  # noqa: PLC0415

    lines, well = report()
    for line in lines:
        say(line)
    return 0 if well else 2


def _mended(told: argparse.Namespace) -> int:
    from safelight.site.config import default_data  # noqa: PLC0415
    from safelight.vault import files  # noqa: PLC0415

    for folder in files.STOPPABLE:
        files.start_again(default_data() / folder)
    say("Writing is open again. Photos that waited on phones come by themselves.")
    return 0


def _demo(told: argparse.Namespace) -> int:
    from safelight.site import demo_run  # noqa: PLC0415

    return demo_run.run(serve=not told.make_only, say=say, ready=_ready)


def _recover(told: argparse.Namespace) -> int:
    from safelight.site.first_run import recover  # noqa: PLC0415

    return recover(told, say=say, ask=input)


def _audit_export(told: argparse.Namespace) -> int:
    _ready()
    from safelight.site.status import export_audit  # noqa: PLC0415

    return export_audit(told.file)


def _audit_key(told: argparse.Namespace) -> int:
    from safelight.vault.sealing import audit_public_key  # noqa: PLC0415

    say(b64encode(audit_public_key()).decode())
    return 0


if __name__ == "__main__":
    sys.exit(main())
