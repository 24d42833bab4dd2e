#!/bin/sh
# Draws a password for each user of NATS that has none yet, and writes what docker-compose.yml mounts as files: all passwords
# for nats-server, and for each role a file of settings with its own. Running it again changes nothing. Whoever owns the
# directory reads it, and nobody else; in a container, the role that a file is mounted for.
#
#   sh deploy/secrets.sh [DIRECTORY]
set -eu
umask 022
directory=${1:-$(dirname "$0")/secrets}
mkdir -p "$directory"
chmod 700 "$directory"
cd "$directory"
touch nats-passwords
for user in slipway slipway-setup slipway-worker slipway-starter slipway-console slipway-notifier; do
  variable=NATS_PASSWORD_$(printf %s "$user" | tr a-z- A-Z_)
  if ! grep -q "^$variable=" nats-passwords; then
    # A letter first: nats-server takes what looks like a number for one.
    echo "$variable=p$(openssl rand -hex 24)" >>nats-passwords
    rm -f "$user.yaml"
  fi
  [ -e "$user.yaml" ] ||
    printf 'nats-user: %s\nnats-password: %s\n' "$user" "$(sed -n "s/^$variable=//p" nats-passwords)" >"$user.yaml"
done
