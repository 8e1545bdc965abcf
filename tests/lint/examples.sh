#!/bin/sh
# Fails when a deployment of examples/ cannot be sized. Usage: BUSYHOUR=PROGRAM examples.sh ROOT
cd "$1" || exit 2
bad=0
for file in examples/*.json examples/*.csv; do
    [ -e "$file" ] || continue
    echo "size $file"
    "$BUSYHOUR" size "$file" >/dev/null || { echo "exit $?: $file"; bad=1; }
done
exit $bad
