#!/bin/sh
# Installs the library and builds examples/embed against it, once with CMake and once with
# pkg-config; both programs must run. Usage: embed.sh ROOT BUILD PREFIX
set -e
root=$1 build=$2 prefix=$3
rm -rf "$prefix"
cmake --install "$build" --prefix "$prefix" >/dev/null
cmake -S "$root/examples/embed" -B "$prefix/embed" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
cmake --build "$prefix/embed" >/dev/null
"$prefix/embed/embed"

PKG_CONFIG_PATH=$(dirname "$(find "$prefix" -name busyhour.pc)")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046  # the flags are words
c++ -std=c++20 "$root/examples/embed/main.cpp" -o "$prefix/embed/with-pkg-config" \
    $(pkg-config --define-variable=prefix="$prefix" --cflags --libs busyhour)
"$prefix/embed/with-pkg-config"
