#!/bin/sh
# docs/deployment.md holds the table that the program prints of its schema.
set -eu
page=$SOURCE_DIR/docs/deployment.md
printed=$(mktemp)
kept=$(mktemp)
trap 'rm -f "$printed" "$kept"' EXIT
"$BUSYHOUR" schema deployment --format md | sed '1,4d' >"$printed"
sed '1,/^<!-- generated -->$/d' "$page" >"$kept"
[ -s "$printed" ] || { echo "the program printed no table"; exit 1; }
diff -u "$kept" "$printed" || {
    echo "docs/deployment.md is not what 'busyhour schema deployment --format md' prints"
    exit 1
}
