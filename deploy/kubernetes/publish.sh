#!/bin/sh
# Publishes what pods mount, in one step: at no time is there no Secret, and nobody is restarted.
#
#   publish.sh ca FILE         the CA bundle, one or several certificates
#   publish.sh password FILE   the password; `-` reads it from standard input
set -eu

apply() { # SECRET KEY FILE
  kubectl create secret generic "$1" --from-file="$2=$3" --dry-run=client -o yaml | kubectl apply -f -
}

case ${1-}:${2-} in
  *:) echo "Usage: publish.sh ca|password FILE" >&2; exit 2 ;;
  # What the application would refuse is refused here already.
  ca:*) redlatch bundle show "$2" >&2; apply redis-tls-ca ca.pem "$2" ;;
  password:-) apply redis-password password /dev/stdin ;;
  password:*) apply redis-password password "$2" ;;
  *) echo "Usage: publish.sh ca|password FILE" >&2; exit 2 ;;
esac
