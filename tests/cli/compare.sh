#!/bin/bash
# compare: only what changed, of deployments and reports; exit codes; wrong inputs.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1
printf '%s\n' '{"name":"a","populations":[{"name":"desks","endpoints":7200}]}' >a.json
printf '%s\n' '{"name":"b","populations":[{"name":"desks","endpoints":14400,
  "keepalive":{"method":"crlf"}},{"name":"more","endpoints":10}]}' >b.json
"$BUSYHOUR" size a.json --format json >a.report.json
"$BUSYHOUR" size b.json --format json >b.report.json

# shows TEXT WHAT: the text is in the last run's stdout.
shows() {
    grep -qF -- "$1" "$work/stdout" || fail "$2: stdout has no \"$1\""
}

# Nothing changed
for pair in "a.json a.json" "a.report.json a.json" "a.json a.report.json" "a.report.json a.report.json"; do
    # shellcheck disable=SC2086
    run compare $pair --exit-code
    exits 0 "$pair"
    shows "Identical: nothing changed." "$pair"
done

# Something changed, whatever the two are
for pair in "a.json b.json" "a.report.json b.json" "a.json b.report.json" "a.report.json b.report.json"; do
    # shellcheck disable=SC2086
    run compare $pair
    exits 0 "$pair"
    shows "/years/2026/demand/registrations_per_s" "$pair"
    # shellcheck disable=SC2086
    run compare $pair --exit-code
    exits 3 "$pair with --exit-code"
done

run compare a.json b.json --format json
python3 - "$work/stdout" <<'PY' || fail "json is not as it should be"
import json, sys
told = json.load(open(sys.argv[1]))
changes = {change["path"]: change for change in told["changes"]}
assert told["format"] == "busyhour.comparison/1" and not told["identical"]
assert told["a"] == "a" and told["b"] == "b"
endpoints = changes["/populations/desks/endpoints"]
assert endpoints["a"] == 7200 and endpoints["difference"] == 7200 and endpoints["percent"] == 100
method = changes["/populations/desks/keepalive/method"]
assert method["a_origin"] == "default" and method["b_origin"] == "user", method
assert changes["/populations/more"]["change"] == "added"
assert all(change.get("a") != change.get("b") for change in told["changes"]), "one that is equal"
PY
for format in text md csv; do
    run compare a.json b.json --format $format
    exits 0 "$format"
    shows "/populations/desks/endpoints" "$format"
done
python3 "$SOURCE_DIR/tests/cli/support/check_csv.py" "$work/stdout" || fail "csv is not CSV"
run compare a.json b.json
shows "more results changed; --all" "a long list is cut"
run compare a.json b.json --all
grep -q -- "--all" "$work/stdout" && fail "--all cuts the list"
run compare a.report.json b.report.json --tolerance 0.9 --exit-code
exits 3 "what was added is no matter of tolerance"

# refused PLACE REMEDY ARGUMENT...
refused() {
    local place=$1 remedy=$2
    shift 2
    run compare "$@"
    exits 2 "$*"
    says "$place" "$*"
    says "$remedy" "$*"
    is_silent "$*"
}
sed 's,busyhour.report/1,busyhour.report/2,' a.report.json >new.json
refused "new.json: /format" "busyhour.report/1" a.json new.json
refused "new.json: /format" "busyhour.report/1" new.json a.report.json
"$BUSYHOUR" size a.json b.json --format json >both.json
refused "both.json" "two of them" a.json both.json
printf '{"format":"busyhour.report/1"}' >torn.json
refused "torn.json: /years" "is missing" torn.json a.json
sed 's,"growth_factor": 1,"growth_factor": "x",' a.report.json >badrep.json
refused "badrep.json: /years/0/growth_factor" "must be a number" a.json badrep.json
printf '{"populations":[{"endpoint":1}]}' >wrong.json
refused "wrong.json: /populations/0/endpoint" 'did you mean "endpoints"' a.json wrong.json
printf 'no json' >none.json
refused "none.json:1:" "not JSON" a.json none.json
refused "--tolerance" "at least 0" a.json b.json --tolerance -1
refused "A and B" "name a file" - -
run compare a.json nowhere.json
exits 1 "no such file"
run compare a.json
exits 2 "one side alone"
finish
