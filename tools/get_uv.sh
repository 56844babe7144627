#!/bin/sh
# Put uv, at one known version, into .tools. Nothing is installed outside the checkout: where Debian's
# Python comes without pip, apt fetches and checks Debian's own, and it is unpacked beside it.
set -eu
UV="uv==0.13.9"
pip() {
    PYTHONPATH="$1" .tools/bin/python -m pip install --quiet --disable-pip-version-check "$UV"
}
if python3 -c "import ensurepip" 2>/dev/null; then
    python3 -m venv .tools
    pip ""
    exit 0
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
if ! (cd "$folder" && apt-get download -qq python3-pip-whl && dpkg -x ./*.deb .) >&2; then
    echo "Safelight needs Python's venv module once. Run:  sudo apt-get install python3-venv" >&2
    exit 1
fi
python3 -m venv --without-pip .tools
pip "$(echo "$folder"/usr/share/python-wheels/pip-*.whl)"
