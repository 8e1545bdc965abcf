#!/usr/bin/env bash
# Fails when clang-tidy finds something in lib/ or cli/. Usage: tidy.sh ROOT BUILD [FILE...]
# BUILD is a configured tree: its compile_commands.json says how each file is compiled.
cd "$1" || exit 2
build=$2
shift 2
if [ $# -eq 0 ]; then
    mapfile -t files < <(find lib cli -name '*.cpp' | sort)
    set -- "${files[@]}"
fi
printf '%s\0' "$@" | xargs -0 -P "$(nproc)" -n 1 \
    clang-tidy-14 -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option 2> >(
        grep -vE '^[0-9]+ warnings? (generated|treated as error)|^$' >&2)
