#!/bin/sh
# Installs header, static and shared library and a pkg-config file, for Linux.
# Usage: install.sh libredlatch_c.a PREFIX; files go below DESTDIR if that is set.
set -eu
library=$1 prefix=$2
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$here/../../Cargo.toml")
# Before 1.0 a minor version may break callers.
interface=${version%.*}
libs="-lm -ldl -lpthread"
at=${DESTDIR:-}$prefix
mkdir -p "$at/include" "$at/lib/pkgconfig"

cp "$here/include/redlatch.h" "$at/include/"
sh "$here/seal.sh" "$library" "$at/lib/libredlatch.a"
# The same object again, so that both libraries are the same code.
# shellcheck disable=SC2086
"${CC:-cc}" -shared -s -Wl,-soname,"libredlatch.so.$interface" -Wl,--no-undefined -Wl,--gc-sections \
  -Wl,-z,relro,-z,now -o "$at/lib/libredlatch.so.$version" \
  -Wl,--whole-archive "$at/lib/libredlatch.a" -Wl,--no-whole-archive $libs
ln -sf "libredlatch.so.$version" "$at/lib/libredlatch.so.$interface"
ln -sf "libredlatch.so.$interface" "$at/lib/libredlatch.so"
cat >"$at/lib/pkgconfig/redlatch.pc" <<END
prefix=$prefix
libdir=\${prefix}/lib
includedir=\${prefix}/include

Name: redlatch
Description: Secure connections to Redis and Valkey whose trust rotates under live traffic
Version: $version
Cflags: -I\${includedir}
Libs: -L\${libdir} -lredlatch
Libs.private: $libs
END
