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

for wrong in 0 0.5 3601 nan; do
    run host --duration-s "$wrong"
    [ "$code" = 2 ] || fail "--duration-s $wrong: exit $code"
    grep -q -e '--duration-s' stderr || fail "--duration-s $wrong: $(cat stderr)"
done
run host --duration-s 1 --format html
[ "$code" = 2 ] || fail "--format html: exit $code"
finish
