"""The practice's own configuration: one small TOML file in the data folder."""

import os
import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path

from safelight.lib.refusals import Refusal

KINDS = {str: "a text in quotation marks", int: "a number", list: "a list of texts"}


@dataclass(frozen=True)
class Config:
    """What an installation may choose. Everything has a safe default: loopback, embedded."""

    data: Path
    root_key_file: Path
    hosts: list[str] = field(default_factory=lambda: ["localhost", "127.0.0.1"])
    listen: str = "127.0.0.1"
    port: int = 8000
    origin: str = "http://localhost:8000"  # what staff type; a phone needs https or localhost
    certificate: str = ""
    certificate_key: str = ""
    trusted_proxy: str = ""  # address whose X-Forwarded-* headers are believed
    postgres: str = ""  # a libpq connection string; empty: SQLite through SQLCipher
    s3_bucket: str = ""
    s3_endpoint: str = ""
    s3_region: str = "ap-southeast-2"
    workers: int = 1

    @property
    def secure(self) -> bool:
        """Whether staff reach the server over https."""
        return self.origin.startswith("https://")


def default_data() -> Path:
    """Return the data folder: SAFELIGHT_DATA, or `data` where the command is run."""
    return Path(os.environ.get("SAFELIGHT_DATA", "data")).absolute()


class WrongSettings(Refusal):
    """`safelight.toml` cannot be read or says what is not understood. Nothing was started."""

    code = "wrong_settings"


def load(data: Path) -> Config:
    """Read `safelight.toml` in the data folder. What is not understood is an error, never a wish.

    `data` is no setting: the folder is known before the file in it is.
    """
    path = data / "safelight.toml"
    try:
        words = tomllib.loads(path.read_bytes().decode()) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as trouble:
        raise WrongSettings(f"safelight.toml cannot be read: {trouble}.") from None
    beside = os.environ.get("SAFELIGHT_ROOT_KEY_FILE") or data.parent / f".{data.name}-root.key"
    plain = Config(data=data, root_key_file=Path(beside))
    unknown = set(words) - (set(Config.__dataclass_fields__) - {"data"})
    if unknown:
        raise WrongSettings(f"safelight.toml has unknown settings: {', '.join(sorted(unknown))}.")
    for name, told in words.items():
        wanted = str if name == "root_key_file" else type(getattr(plain, name))
        if not _is(wanted, told):
            raise WrongSettings(f"safelight.toml: `{name}` must be {KINDS[wanted]}.")
    key = Path(words.pop("root_key_file", "") or plain.root_key_file)
    return replace(plain, **words, root_key_file=key)


def _is(wanted: type, told: object) -> bool:
    """Say whether a value is of its kind exactly: true is no number, and a list is of texts."""
    return type(told) is wanted and not (
        isinstance(told, list) and any(type(one) is not str for one in told)
    )
