#!/bin/sh
# Installs a program that is missing, by apt where root or sudo works; says so if it cannot.
# Usage: package.sh PROGRAM PACKAGE
set -eu
program=$1 package=$2
! command -v "$program" >/dev/null 2>&1 || exit 0
if [ "$(id -u)" = 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo=sudo; else
  echo "please install $program (apt-get install $package)" >&2; exit 1
fi
echo "installing $package"
# A package's own server must not start: only the lab's servers run here.
policy=/usr/sbin/policy-rc.d
made=
if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null; $sudo chmod +x "$policy"; made=1; fi
{ $sudo apt-get -qq update && DEBIAN_FRONTEND=noninteractive $sudo apt-get -qq -y install "$package"; } >/dev/null 2>&1 || failed=1
[ -z "$made" ] || $sudo rm -f "$policy"
[ -z "${failed:-}" ] || { echo "please install $program (apt-get install $package)" >&2; exit 1; }
