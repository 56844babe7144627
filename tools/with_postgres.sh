#!/bin/sh
# Run a command with a PostgreSQL of its own, made in a temporary folder and gone afterwards.
# The command finds it in SAFELIGHT_TEST_POSTGRES. Nothing listens on the network.
set -eu
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)
folder=$(mktemp -d)
chmod 755 "$folder"
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    as() (cd / && runuser -u postgres -- "$@")
    user=postgres
else
    as() { "$@"; }
    user=$(id -un)
fi
stop() {
    as "$bin/pg_ctl" -D "$folder/db" -m immediate -w stop >/dev/null 2>&1 || true
    rm -rf "$folder"
}
trap stop EXIT INT TERM
as "$bin/initdb" -D "$folder/db" --auth=trust --encoding=UTF8 --locale=C --data-checksums >/dev/null
as "$bin/pg_ctl" -D "$folder/db" -w -l "$folder/log" \
    -o "-k $folder -c listen_addresses='' -c max_connections=200" start >/dev/null
as "$bin/createdb" -h "$folder" safelight
SAFELIGHT_TEST_POSTGRES="host=$folder dbname=safelight user=$user" "$@"
