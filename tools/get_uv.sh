#!/bin/sh
# Put uv, at one known version, into .tools. Nothing is installed outside the checkout, except the
# venv module of Debian's Python where it is missing and we are allowed to add it.
set -eu
VERSION=0.13.9
if ! python3 -c "import ensurepip" 2>/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        apt-get update -qq
        DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv
    else
        echo "Safelight needs Python's venv module once. Run:  sudo apt-get install python3-venv" >&2
        exit 1
    fi
fi
python3 -m venv .tools
.tools/bin/pip install --quiet --disable-pip-version-check "uv==$VERSION"
