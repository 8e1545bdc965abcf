#!/usr/bin/env bash
# Fails when clang-tidy finds something in lib/ or cli/. Usage: tidy.sh ROOT BUILD
# BUILD is a tree configured with CMAKE_UNITY_BUILD: a dozen sources at a time are one file, so that
# headers are read once for all of them. A file that passed is not looked at again until it, a
# header it reads or .clang-tidy changes. The analyzer runs over the engine only: sockets and
# buffers are there.
cd "$1" || exit 2
export build=$2

tidy_one() {
    local passed checks='-clang-analyzer-*'
    [[ $1 == */busyhour_engine.dir/* ]] && checks=
    passed=$build/tidy/$({ c++ -std=c++20 -DBUSYHOUR_ENGINE -Ilib -I. -I/usr/include/eigen3 \
        -E -C "$1"; cat .clang-tidy; } 2>/dev/null | sha256sum | cut -c1-32)
    [ -e "$passed" ] && return
    clang-tidy-14 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option \
        --checks="$checks" "$1" 2> >(grep -vE '^[0-9]+ warnings? (generated|treated)|^$' >&2) ||
        return 1
    touch "$passed"
}
export -f tidy_one

mkdir -p "$build/tidy"
mapfile -t files < <(find "$build/lib" "$build/cli" -path '*/Unity/*' -name '*.cxx' | sort -r)
[ ${#files[@]} -gt 0 ] || { echo "$build was configured without CMAKE_UNITY_BUILD"; exit 2; }
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -I '{}' bash -c 'tidy_one {}'
