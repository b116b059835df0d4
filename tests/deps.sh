#!/bin/sh
# Installs what `make demo` and `make test` need and the machine lacks. Usage: deps.sh VENV
set -eu
venv=$1
cd "$(dirname "$0")/.."

need() { # PROGRAM HINT
  command -v "$1" >/dev/null 2>&1 || { echo "please install $2" >&2; exit 1; }
}
need cargo "Rust 1.88 or later (https://rustup.rs)"
need node "Node.js 20 or later (https://nodejs.org)"
need npm "npm"
need go "Go 1.22 or later (https://go.dev)"
need cc "a C compiler (apt-get install build-essential)"
need python3 "Python 3.11 or later"

sh tests/package.sh redis-server redis-server
sh tests/package.sh pkg-config pkg-config
sh tests/package.sh openssl openssl

# A stamp for each set, so that nothing is asked of the network when nothing changed.
if [ ! -e "$venv/.stamp" ] || [ tests/requirements.txt -nt "$venv/.stamp" ]; then
  echo "installing Python tools into $(basename "$venv")"
  python3 -m venv "$venv" || { echo "please install python3-venv" >&2; exit 1; }
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt
  touch "$venv/.stamp"
fi
if [ ! -e node/node_modules/.stamp ] || [ node/package-lock.json -nt node/node_modules/.stamp ]; then
  echo "installing npm packages"
  npm --prefix node install --silent --no-save --no-audit --no-fund
  touch node/node_modules/.stamp
fi
for folder in tests/examples/node deploy/app; do
  if [ ! -e $folder/node_modules/.stamp ] || [ $folder/package-lock.json -nt $folder/node_modules/.stamp ]; then
    echo "installing npm packages of $folder"
    npm --prefix $folder install --silent --no-save --no-audit --no-fund
    touch $folder/node_modules/.stamp
  fi
done
