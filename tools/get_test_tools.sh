#!/bin/sh
# What the tests need from Debian: a browser, a database server to compare with, an outside witness
# for metadata. As root it installs what is missing; otherwise it says the one line to run.
set -eu
missing=""
command -v chromium >/dev/null 2>&1 || missing="$missing chromium"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v exiftool >/dev/null 2>&1 || missing="$missing libimage-exiftool-perl"
ls /usr/lib/*/libatomic.so.1 >/dev/null 2>&1 || missing="$missing libatomic1"  # Playwright's Node
command -v strace >/dev/null 2>&1 || missing="$missing strace"
[ -z "$missing" ] && exit 0
if [ "$(id -u)" = 0 ]; then
    apt-get update -qq
    # shellcheck disable=SC2086 # the list is words
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing
else
    echo "The tests need:$missing. Run:  sudo apt-get install$missing" >&2
    exit 1
fi
