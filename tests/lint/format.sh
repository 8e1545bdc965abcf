#!/bin/sh
# Fails when a source is not as .clang-format says. Usage: format.sh ROOT
cd "$1" || exit 2
command -v clang-format-14 >/dev/null || { echo "clang-format-14 is missing"; exit 2; }
bad=$(find lib cli tests examples \( -name '*.h' -o -name '*.cpp' \) -print0 |
    xargs -0 clang-format-14 --dry-run -Werror 2>&1 | grep -oE '^[^:]+\.(h|cpp):' | sort -u | tr -d :)
[ -z "$bad" ] || { echo "run clang-format-14 -i on:"; echo "$bad"; exit 1; }
