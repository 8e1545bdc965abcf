#!/bin/bash
# Where results go: formats, files, colour, gates, exit codes; nothing but data on stdout.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1
example=$SOURCE_DIR/examples/enterprise-100k.json
small=small.json
printf '{"name":"small","populations":[{"endpoints":50}],"trunks":[{"name":"t"}]}' >"$small"

# same FILE WHAT: the last run's stdout is the file.
same() { cmp -s "$1" "$work/stdout" || fail "$2: not the same as $1"; }

# Each format to stdout and to a file is the same text; --out may be repeated.
for format in text json md csv; do
    run size "$example" --format "$format"
    exits 0 "$format"
    cp "$work/stdout" "expected.$format"
    [ ! -s "$work/stderr" ] || fail "$format: stderr is not empty"
done
run size "$example" --format md --out json=a.json --out csv=a.csv --out text=a.text --out md=a.md --out json=b.json
exits 0 "five --out files"
same expected.md "stdout beside --out"
for format in text json md csv; do
    cmp -s "expected.$format" "a.$format" || fail "--out $format is not what stdout has"
done
cmp -s a.json b.json || fail "two --out of one format differ"
[ -z "$(find . -name '*.part')" ] || fail "a temporary file is left"
python3 -c 'import json, sys; json.load(open(sys.argv[1]))' a.json || fail "--out json is not JSON"
python3 "$SOURCE_DIR/tests/cli/support/check_csv.py" a.csv || fail "--out csv is not CSV"

# A result that cannot be written leaves the old file whole.
mkdir -p folder
run size "$example" --out json=folder
exits 1 "a folder as --out file"
[ -d folder ] || fail "the folder is gone"

# A link is written through and stays; a device is written to; stdout has one result.
run size "$example" --out json=linked.json
ln -sf linked.json link.json
: >linked.json
run size "$example" --out json=link.json
exits 0 "a link as --out file"
[ -L link.json ] || fail "the link is gone"
cmp -s linked.json expected.json || fail "the link's target is not written"
run size "$example" --out json=/dev/null
exits 0 "a device as --out file"
[ -c /dev/null ] || fail "the device is gone"
run size "$example" --out json=-
exits 2 "two results on standard output"
says "standard output has the result already" "two results on standard output"
[ ! -e ./- ] || fail "a file called - is written"

# Standard input
run_stdin() {
    code=0
    timeout 20 "$BUSYHOUR" "$@" <"$example" >"$work/stdout" 2>"$work/stderr" || code=$?
    checks=$((checks + 1))
}
run_stdin size - --format json
exits 0 "standard input"
same expected.json "standard input"
run_stdin check -
exits 0 "check of standard input"

# Several deployments
run size "$example" "$small" --format json
exits 0 "two deployments"
python3 - "$work/stdout" <<'PY' || fail "two deployments are no array of two reports"
import json, sys
reports = json.load(open(sys.argv[1]))
assert [report["deployment"]["name"] for report in reports][1] == "small", "names"
assert len(reports) == 2, "number"
PY
run size "$example" "$small" --format csv
python3 "$SOURCE_DIR/tests/cli/support/check_csv.py" "$work/stdout" || fail "two deployments are no CSV"
grep -q '^small,' "$work/stdout" || fail "the second deployment is not in the CSV"
run size "$example" "$small"
grep -q '^small: sizing report' "$work/stdout" || fail "the second deployment is not in the text"

# Colour
run size "$small" --color always
grep -q "$(printf '\033')" "$work/stdout" || fail "--color always has no colour"
for choice in auto never; do
    run size "$small" --color "$choice"
    ! grep -q "$(printf '\033')" "$work/stdout" || fail "--color $choice has colour in a pipe"
done
on_terminal() {
    checks=$((checks + 1))
    script -qec "timeout 20 '$BUSYHOUR' size '$small'" typescript </dev/null >"$work/stdout"
}
if command -v script >/dev/null; then
    TERM=xterm on_terminal
    grep -q "$(printf '\033')\[1m" "$work/stdout" || fail "a terminal has no colour"
    TERM=xterm NO_COLOR=1 on_terminal
    ! grep -q "$(printf '\033')\[1m" "$work/stdout" || fail "NO_COLOR has colour"
    TERM=xterm NO_COLOR='' on_terminal
    grep -q "$(printf '\033')\[1m" "$work/stdout" || fail "an empty NO_COLOR has no colour"
    TERM=dumb on_terminal
    ! grep -q "$(printf '\033')\[1m" "$work/stdout" || fail "a dumb terminal has colour"
else
    echo "SKIPPED: colour on a terminal, as script(1) is not installed"
fi

# Gates fail with 3 and say why; the report is whole all the same.
gate() {
    local expected=$1
    shift
    run size "$example" --format json "$@"
    exits "$expected" "size $*"
    same expected.json "size $*"
    if [ "$expected" -eq 3 ]; then says "gate \"${!#}\" failed" "size $*"; fi
}
gate 3 --fail-on warning
gate 3 --fail-on info
gate 0 --fail-on error
gate 3 --fail-on growth-exhausts
gate 0 --fail-on demand-not-met
gate 3 --fail-on 'exhausted_in<2031'
gate 0 --fail-on 'exhausted_in<2027'
gate 3 --fail-on 'headroom<0.9'
gate 0 --fail-on 'headroom<0.01'
gate 3 --fail-on error --fail-on warning
run size "$example" --fail-on growth-exhaust
exits 2 "a misspelt finding as a gate"
says 'did you mean "growth-exhausts"?' "a misspelt finding as a gate"
run size "$example" --fail-on nothing-like-it
exits 2 "a gate that is no finding"
says "catalog list findings" "a gate that is no finding"
run catalog list findings --format csv
exits 0 "the list of findings"
grep -q '^findings,growth-exhausts,' "$work/stdout" || fail "the list of findings lacks one"

# A demand that cannot be met fails with 3 without a gate.
printf '{"name":"too much","populations":[{"endpoints":1000000}],"roles":{"media_relay":{"nodes":1}}}' >too-much.json
for format in text json md csv; do
    run size too-much.json --format "$format"
    exits 3 "too much as $format"
    says "too much: the demand cannot be met" "too much as $format"
    [ -s "$work/stdout" ] || fail "too much as $format: no report"
done
# A limit of a link, firewall or trunk is part of the policy.
printf '{"name":"narrow","populations":[{"endpoints":10000}],"network":{"links":[{"name":"wan\\u001b","packets_per_s_max":100}],"firewalls":[{"name":"edge","sessions_max":10,"udp_timeout_s":60}]},"trunks":[{"name":"pstn","channels_max":1}]}' >narrow.json
for format in text json md csv; do
    run size narrow.json --format "$format"
    exits 3 "narrow as $format"
    says 'narrow: the demand cannot be met within the policy: ' "narrow as $format"
    for limit in 'link "wan\x1b" packets_per_s' 'firewall "edge" sessions' 'trunk "pstn" channels'; do
        says "$limit" "narrow as $format"
    done
    ! grep -q "$(printf '\033')" "$work/stdout" "$work/stderr" || fail "an escape in $format"
done
run size narrow.json --format json
grep -q '"is_met": false' "$work/stdout" || fail "narrow is met"

run size "$small" too-much.json
exits 3 "the second of two cannot be met"

# A full disk is no success.
if [ -c /dev/full ]; then
    for command in "size $example" "size $example --format json" "check $example" "schema report" \
        "catalog list" "calc rtp --calls 1" "--help" "--version"; do
        checks=$((checks + 1))
        code=0
        # shellcheck disable=SC2086  # the words are arguments
        timeout 20 "$BUSYHOUR" $command >/dev/full 2>"$work/stderr" || code=$?
        : >"$work/stdout"
        exits 1 "$command to a full disk"
        says "No space left" "$command to a full disk"
    done
else
    echo "SKIPPED: a full disk, as there is no /dev/full"
fi

# Help and version are results too.
for command in --help --version "size --help" "calc rtp --help"; do
    # shellcheck disable=SC2086
    run $command
    exits 0 "$command"
    [ -s "$work/stdout" ] || fail "$command: nothing on stdout"
    [ ! -s "$work/stderr" ] || fail "$command: stderr is not empty"
done
finish
