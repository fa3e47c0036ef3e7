#!/bin/sh
# Installs what this checkout needs: npm packages always, Debian packages (given as arguments) where we may.
set -eu
cd "$(dirname "$0")/.."

stamp=node_modules/.setup-done
if [ ! -e "$stamp" ] || [ package-lock.json -nt "$stamp" ]; then
  echo "setup: installing npm packages"
  # Not `npm ci`: it refuses a lock file made where the registry had not every platform's optional packages.
  npm install --no-save --loglevel=error
  touch "$stamp"
fi

missing=
for package in "$@"; do
  dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -n "$missing" ] || exit 0
if ! command -v apt-get >/dev/null 2>&1 || [ "$(id -u)" != 0 ]; then
  echo "setup: not installed, tests that need them will say so:$missing" >&2
  exit 0
fi
echo "setup: installing Debian packages:$missing"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $missing >/dev/null
