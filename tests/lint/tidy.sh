#!/usr/bin/env bash
# Fails when clang-tidy finds something in lib/ or cli/. Usage: tidy.sh ROOT BUILD [FILE...]
# BUILD is a configured tree: its compile_commands.json says how each file is compiled. A file that
# passed is not looked at again until it, a header it reads or .clang-tidy changes. The analyzer,
# half of the time, runs over the engine only: sockets and buffers are there.
cd "$1" || exit 2
export build=$2
shift 2
if [ $# -eq 0 ]; then
    mapfile -t files < <(find lib cli -name '*.cpp' | sort)
    set -- "${files[@]}"
fi

tidy_one() {
    local passed checks='-clang-analyzer-*'
    [[ $1 == lib/engine/* ]] && checks=
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
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -I '{}' bash -c 'tidy_one {}'
