#!/bin/sh
# Fails when a source is not as .clang-format says. Usage: format.sh ROOT
cd "$1" || exit 2
find lib cli tests examples -name '*.h' -print0 -o -name '*.cpp' -print0 |
    xargs -0 clang-format-14 --dry-run -Werror
