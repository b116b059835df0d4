#!/bin/sh
# Certificates and passwords of this deployment, in run/ beside this script: made, and rotated under
# live traffic. Nothing of it belongs into a repository.
#
#   pki.sh init                a CA, a certificate, a password; before the first `docker compose up`
#
#   pki.sh add-ca              the next CA; clients trust it and the one before
#   pki.sh switch-leaf         Redis shows a certificate of the newest CA, to new connections
#   pki.sh drop-ca             clients trust the newest CA only
#
#   pki.sh add-password        Redis takes the next password and the one before; clients are given the next
#   pki.sh drop-password       Redis takes only the newest
#
# Between two of them clients need time to look at their files: 10 s unless poll_interval says otherwise.
# DAYS (90) is the life of a certificate, NAMES what is in it.
set -eu
cd "$(dirname "$0")"
umask 077
days=${DAYS:-90}
names=${NAMES:-DNS:redis,DNS:localhost,IP:127.0.0.1}

newest() { # of the CAs, by number
  ls run/ca | sed -n 's/^ca-\([0-9]*\)\.crt$/\1/p' | sort -n | tail -1
}

key() { openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"; }

make_ca() { # NUMBER
  key "run/ca/ca-$1.key"
  openssl req -x509 -new -key "run/ca/ca-$1.key" -days 3650 -subj "/CN=Redis CA $1" \
    -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign" \
    -out "run/ca/ca-$1.crt"
}

make_leaf() { # into run/redis, by the newest CA
  ca=run/ca/ca-$(newest)
  cat >run/ca/leaf.cnf <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = $names
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
END
  key run/redis/server.key.new
  openssl req -new -key run/redis/server.key.new -subj "/CN=redis" |
    openssl x509 -req -CA "$ca.crt" -CAkey "$ca.key" -set_serial "0x$(openssl rand -hex 16 | sed s/^./7/)" \
      -days "$days" -extfile run/ca/leaf.cnf -out run/redis/server.crt.new 2>/dev/null
  mv run/redis/server.key.new run/redis/server.key
  mv run/redis/server.crt.new run/redis/server.crt
}

trust() { # FILES: what clients trust, replaced in one step
  cat "$@" >run/client/ca.pem.new
  mv run/client/ca.pem.new run/client/ca.pem
}

accept() { # PASSWORD FILES: what Redis takes
  rules=
  for file; do rules="$rules #$(openssl dgst -sha256 -r "$file" | cut -d' ' -f1)"; done
  printf 'user default on%s ~* &* +@all\n' "$rules" >run/redis/users.acl.new
  mv run/redis/users.acl.new run/redis/users.acl
}

tell() { # COMMAND: to Redis, by the password that clients have
  # What the shell in the container is to expand.
  # shellcheck disable=SC2016
  docker compose exec -T redis sh -ec \
    'REDISCLI_AUTH=$(cat /run/redis/password) exec redis-cli -e --tls --cacert /run/redis/ca.pem "$@"' \
    sh "$@" >&2
}

case ${1-} in
  init)
    [ ! -e run ] || { echo "there is a run/ already" >&2; exit 1; }
    mkdir -p run/ca run/redis run/client run/data
    make_ca 1
    make_leaf
    trust run/ca/ca-1.crt
    # No newline, which would be part of what is hashed.
    openssl rand -hex 32 | tr -d '\n' >run/client/password
    accept run/client/password
    echo "RUN_AS=$(id -u):$(id -g)" >.env
    ;;
  add-ca)
    last=$(newest)
    make_ca $((last + 1))
    trust "run/ca/ca-$last.crt" "run/ca/ca-$((last + 1)).crt"
    ;;
  switch-leaf)
    make_leaf
    # Both by one command: they are never mixed.
    tell CONFIG SET tls-cert-file /etc/redis/server.crt tls-key-file /etc/redis/server.key
    ;;
  drop-ca) trust "run/ca/ca-$(newest).crt" ;;
  add-password)
    openssl rand -hex 32 | tr -d '\n' >run/ca/password
    accept run/client/password run/ca/password
    tell ACL LOAD
    mv run/ca/password run/client/password
    ;;
  drop-password)
    accept run/client/password
    tell ACL LOAD
    ;;
  *)
    sed -n '2,/^set/s/^# \{0,1\}//p' "$0"
    [ "${1-}" = help ] || exit 2
    ;;
esac
