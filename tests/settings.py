"""Settings for tests: the real ones, on a temporary data folder with its own fresh keyring.

SAFELIGHT_TEST_POSTGRES, a libpq connection string, runs the same tests on PostgreSQL.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

_folder = Path(tempfile.mkdtemp(prefix="safelight-test-"))
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
_data = _folder / "data"
_data.mkdir(mode=0o700)
_postgres = os.environ.get("SAFELIGHT_TEST_POSTGRES", "")
(_data / "safelight.toml").write_text(f"postgres = {_postgres!r}\n" if _postgres else "")
os.environ["SAFELIGHT_DATA"] = str(_data)
os.environ["SAFELIGHT_ROOT_KEY_FILE"] = str(_folder / "root.key")

from tests.keys import make_test_keys

make_test_keys(_data, _folder / "root.key")

from safelight.site.settings import *
from safelight.site.settings import DATABASES

if not _postgres:
    DATABASES["default"]["TEST"] = {"NAME": str(_data / "test.db")}
DATABASES["default"]["CONN_MAX_AGE"] = 0  # nothing holds the test database open
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
