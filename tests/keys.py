"""A fresh keyring in a test's own data folder, exactly as an installation has it."""

from datetime import UTC, datetime
from pathlib import Path

from safelight.vault import ciphers, keyfiles, root


def make_test_keys(data: Path, key_file: Path) -> None:
    """Make a root key file outside the data folder and a keyring sealed with it."""
    key = root.new_root()
    root.write_key_file(key_file, key, data=data)
    kits = [ciphers.new_age_identity()[1] for _ in range(2)]
    keyfiles.create_keyring(data / "keyring", root=key, recovery=kits, at=datetime.now(UTC))
