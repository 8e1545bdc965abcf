#!/bin/bash
# The published schemas are schemas, fit what is written for and by the program, and refuse the rest.
. "$(dirname "$0")/support/cli.bash"

python3 -c 'import jsonschema' || { echo "python3-jsonschema is not installed"; exit 1; }
for name in deployment report measurement server host; do
    run schema "$name"
    exits 0 "schema $name"
    cp "$work/stdout" "$work/$name.schema.json"
done
for example in "$SOURCE_DIR"/examples/*.json; do
    run size "$example" --format json
    exits 0 "$example"
    cp "$work/stdout" "$work/$(basename "$example" .json).report.json"
done
python3 "$(dirname "$0")/support/check_schemas.py" "$work" "$SOURCE_DIR" "$BUSYHOUR" ||
    fail "see above"
finish
