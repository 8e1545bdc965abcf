#!/bin/bash
# busyhour host as its user meets it: what it says of this host in each format, and refusals.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1

run host --duration-s 1 --out json=host.json --out csv=host.csv --out md=host.md
[ "$code" = 0 ] || fail "exit $code"
for word in HOST packet_io parsing symmetric asymmetric "a sleep of 1 ms" steal_percent; do
    grep -q "$word" stdout || fail "the text says nothing of $word"
done
grep -q '^stalls.number,[0-9]' host.csv || fail "no stalls in CSV"
grep -q '| asymmetric |' host.md || fail "no table in Markdown"
python3 - <<'EOF' || fail "the JSON is not what it should be"
import json, os
host = json.load(open("host.json"))
assert host["format"] == "busyhour.host-reading/1"
assert host["host"]["processors"] == os.cpu_count()
assert host["host"]["kernel"] == "Linux " + os.uname().release
pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
assert host["host"]["memory_bytes"] == pages
for name in ("packet_io", "parsing", "symmetric", "asymmetric"):
    rate = host["yardsticks"][name]
    assert 0 < rate["per_s"] <= 1.1 * rate["per_cpu_s"], (name, rate)
assert 0 <= host["steal_fraction"] <= 1
assert 0 <= host["derating_fraction"] < 1
assert host["duration_s"] >= 1
assert host["timer_lateness_s"]["count"] > 10
EOF

# A profile of it is one that size takes, and a host of one's own to be compared with.
run host --duration-s 1 --profile mine.json --name my-host --out json=host.json
exits 0 "host --profile"
python3 - <<'EOF' || fail "the profile is not what it should be"
import datetime, json, os
profile, host = json.load(open("mine.json")), json.load(open("host.json"))
assert profile["format"] == "busyhour.host/1" and profile["name"] == "my-host"
assert profile["source"] == "measured" and profile["title"]
day = datetime.date.fromisoformat(profile["date"])
assert abs((day - datetime.datetime.now(datetime.timezone.utc).date()).days) <= 1
for name, speed in profile["yardsticks"].items():
    assert speed == host["yardsticks"][name]["per_cpu_s"], name
assert len(profile["yardsticks"]) == 4
assert profile["derating_fraction"] == host["derating_fraction"]
assert profile["speed_spread_fraction"] == max(
    rate["spread_fraction"] for rate in host["yardsticks"].values())
assert profile["memory_bytes"] == host["host"]["memory_bytes"]
assert 0 < profile["cores"] <= os.cpu_count()
assert profile["fingerprint"]["kernel"] == host["host"]["kernel"]
assert isinstance(host["catalogue"], list)
EOF
run size "$SOURCE_DIR/examples/enterprise-100k.json" --host mine.json
exits 0 "size --host"
grep -q 'my-host (chosen)' stdout || fail "the profile's host is not the roles'"
mkdir -p models/hosts && cp mine.json models/hosts/my-host.json
run host --duration-s 1 --models models --out json=again.json
exits 0 "host --models"
grep -q 'speed over that of' stdout || fail "the text compares with no host"
python3 - <<'EOF' || fail "the comparison is wrong"
import json
mine, again = json.load(open("mine.json")), json.load(open("again.json"))
row = [row for row in again["catalogue"] if row["host"] == "my-host"][0]
for name, speed in mine["yardsticks"].items():
    ratio = again["yardsticks"][name]["per_cpu_s"] / speed
    assert abs(row[name] - ratio) <= 1e-9 * ratio, name
EOF
run host --duration-s 1 --name nobody
exits 2 "--name without --profile"
run host --duration-s 1 --profile -
exits 2 "--profile -"
run host --duration-s 1 --profile mine2.json --name ""
exits 2 "--name without a name"
[ ! -e mine2.json ] || fail "a profile without a name was written"
run host --duration-s 1 --profile no/such/folder.json
exits 1 "--profile in no folder"

for wrong in 0 0.5 3601 nan; do
    run host --duration-s "$wrong"
    [ "$code" = 2 ] || fail "--duration-s $wrong: exit $code"
    grep -q -e '--duration-s' stderr || fail "--duration-s $wrong: $(cat stderr)"
done
run host --duration-s 1 --format html
[ "$code" = 2 ] || fail "--format html: exit $code"
finish
