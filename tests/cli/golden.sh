#!/bin/bash
# The report of each example in each format is the one in tests/golden/.
# Usage: BUSYHOUR=PROGRAM SOURCE_DIR=ROOT golden.sh [--update-golden]
. "$(dirname "$0")/support/cli.bash"

golden=$SOURCE_DIR/tests/golden
update=${1-}
text_columns=100

compare() {
    local kept=$golden/$1
    if [ "$update" = --update-golden ]; then
        cp "$work/stdout" "$kept"
    elif [ ! -e "$kept" ]; then
        fail "$1 is missing: run golden.sh --update-golden and read the result"
    elif ! diff -u "$kept" "$work/stdout" >"$work/diff"; then
        fail "$1 differs (golden.sh --update-golden, and read the diff):"
        head -n 60 "$work/diff"
    fi
}

mkdir -p "$golden"
for example in "$SOURCE_DIR"/examples/*.json; do
    name=$(basename "$example" .json)
    for format in text json md csv; do
        run size "$example" --format "$format"
        exits 0 "$name as $format"
        compare "$name.$format"
        [ "$format" = text ] || continue
        widest=$(wc -L <"$work/stdout")
        [ "$widest" -le "$text_columns" ] || fail "$name: a line has $widest columns"
    done
done
for kept in "$golden"/*; do
    name=$(basename "${kept%.*}")
    [ -e "$SOURCE_DIR/examples/$name.json" ] || fail "$(basename "$kept") has no example"
done
finish
