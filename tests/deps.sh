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

if ! command -v redis-server >/dev/null 2>&1; then
  if [ "$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo=sudo; else
    echo "please install redis-server 7 (apt-get install redis-server)" >&2; exit 1
  fi
  echo "installing redis-server"
  # The package's own server must not start: only the lab's servers run here.
  policy=/usr/sbin/policy-rc.d
  made=
  if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null; $sudo chmod +x "$policy"; made=1; fi
  { $sudo apt-get -qq update && DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq -y install redis-server; } >/dev/null 2>&1 || failed=1
  [ -z "$made" ] || $sudo rm -f "$policy"
  [ -z "${failed:-}" ] || { echo "please install redis-server 7 (apt-get install redis-server)" >&2; exit 1; }
fi

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
