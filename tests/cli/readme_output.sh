#!/bin/sh
# The output that README.md shows is what the program prints.
set -eu
shown=$(mktemp)
printed=$(mktemp)
trap 'rm -f "$shown" "$printed"' EXIT
awk '/^<!-- output -->$/ {wanted = 1; next} wanted && /^```text$/ {inside = 1; next}
     inside && /^```$/ {exit} inside {print}' "$SOURCE_DIR/README.md" >"$shown"
lines=$(wc -l <"$shown")
[ "$lines" -gt 5 ] || { echo "README.md shows no output"; exit 1; }
"$BUSYHOUR" size "$SOURCE_DIR/examples/enterprise-100k.json" | sed -n "3,$((lines + 2))p" >"$printed"
diff -u "$shown" "$printed"
