#!/bin/bash
# explain: a number with its formula and origins, in every format; wrong paths named.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1
printf '%s\n' '{"name":"small","populations":[{"name":"desks","endpoints":7200,
  "registration":{"expires_min":60}}]}' >small.json

# shows TEXT WHAT: the text is in the last run's stdout.
shows() {
    grep -qF -- "$1" "$work/stdout" || fail "$2: stdout has no \"$1\""
}

# The same number by pointer, by year, dotted.
for path in /years/0/demand/registrations_per_s /years/2026/demand/registrations_per_s \
    years.2026.demand.registrations_per_s; do
    run explain small.json "$path"
    exits 0 "$path"
    shows "registrations/s: 2" "$path"
    shows "1 / (expiry x refresh part x (1 - range of expiries" "$path"
    shows "user: /populations/0/endpoints" "$path"
done
run explain small.json years.2026.demand.registrations_per_s --depth 5 --format json
shows '"path": "/populations/0/registration/expires_min"' "a value in another unit"
shows '"detail": "written as 60"' "a value in another unit"
shows '"origin": "default"' "a default"
run explain small.json /years/2026/roles/registrar/nodes
exits 0 "a role by its name"
shows "with 2 nodes" "the check of the nodes"

# Every format; JSON has the value, the formula and the operands, and so have all numbers.
run explain small.json /years/0/demand/concurrent_calls_peak --format json
exits 0 "json"
python3 - "$work/stdout" <<'PY' || fail "json is not as it should be"
import json, sys
told = json.load(open(sys.argv[1]))
assert told["path"] == "/years/0/demand/concurrent_calls_peak", told["path"]
assert told["operands"][0]["path"] == "/years/0/demand/offered_erlang", told["operands"]
assert told["operands"][0]["value"] == 360, told["operands"]
assert told["operands"][1]["value"] == 0.999 and told["operands"][1]["source"], told["operands"]
PY
for format in md csv text; do
    run explain small.json /years/0/demand/concurrent_calls_peak --format $format
    exits 0 "$format"
    shows "/years/0/demand/offered_erlang" "$format"
done
run explain small.json --format json
exits 0 "the list"
"$BUSYHOUR" size small.json --format json >report.json
python3 - "$work/stdout" report.json <<'PY' || fail "the list is not every number of the report"
import json, sys
listed = {row["path"]: row["value"] for row in json.load(open(sys.argv[1]))}
def walk(value, path):
    if isinstance(value, dict):
        return sum((walk(v, f"{path}/{k}") for k, v in value.items()), [])
    if isinstance(value, list):
        return sum((walk(v, f"{path}/{i}") for i, v in enumerate(value)), [])
    return [(path, value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []
numbers = dict(walk(json.load(open(sys.argv[2])), ""))
assert listed == numbers, set(listed) ^ set(numbers)
PY

# refused PLACE REMEDY ARGUMENT...
refused() {
    local place=$1 remedy=$2
    shift 2
    run explain "$@"
    exits 2 "$*"
    says "$place" "$*"
    says "$remedy" "$*"
    is_silent "$*"
}
refused "/years/0/demnd" "nearest: /years/0/demand" small.json /years/0/demnd/x
refused "no such number" "/years/0/demand/registrations_per_s" small.json years.2026.demand.registration_per_s
refused "/years/0/demand" "below it: /years/0/demand/registrations_per_s" small.json /years/0/demand
refused "/years/0/roles/0/server" "is no number" small.json /years/0/roles/registrar/server
refused "--depth" "1 to 20" small.json /years/0/endpoints --depth 0
refused "/populations" "" report.json /years/0/endpoints
run explain nowhere.json
exits 1 "no such file"
finish
