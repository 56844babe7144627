"""Settings of the processes that are killed: tests' settings, tables made without migrations."""

from tests.settings import *
from tests.settings import DATABASES, INSTALLED_APPS, SAFELIGHT_DATA

DATABASES["default"]["NAME"] = str(SAFELIGHT_DATA / "safelight.db")
MIGRATION_MODULES = {name.rpartition(".")[2]: None for name in INSTALLED_APPS}
