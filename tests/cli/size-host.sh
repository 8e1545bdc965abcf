#!/bin/bash
# --host FILE of size, check, compare and explain: a host profile for every role, and bad ones.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1

cat >host.json <<'EOF'
{"format": "busyhour.host/1", "name": "field", "source": "measured", "date": "2026-11-23",
 "yardsticks": {"packet_io": 700000, "parsing": 3200000, "symmetric": 2400000,
                "asymmetric": 36000},
 "derating_fraction": 0.25, "cores": 2, "memory_bytes": 8e9,
 "fingerprint": {"processor": "any", "processors": 2}}
EOF
mkdir -p models/servers
cat >models/servers/kamailio.json <<'EOF'
{"status": "measured", "measured_on": "our lab", "host": "lab", "date": "2024-05",
 "yardsticks": {"packet_io": 700000, "parsing": 1600000, "symmetric": 2400000,
                "asymmetric": 36000}}
EOF
cat >deployment.json <<'EOF'
{"populations": [{"endpoints": 100000}], "horizon_years": 0, "start_year": 2026,
 "roles": {"registrar": {"host": "raspberry-pi-4", "cores_per_node": 1}}}
EOF

run size deployment.json --host host.json --models models --out json=report.json
exits 0 "size --host"
for words in 'field (chosen)' 'x 0.50' 'our lab, host lab, 2024-05' 'model-foreign' 'model-old' \
    '--host host.json'; do
    grep -qF -- "$words" stdout || fail "the report does not say: $words"
done
python3 - <<'EOF' || fail "the report is not what it should be"
import json
report = json.load(open("report.json"))
assumed = {row["path"]: row for row in report["assumptions"]}
for role in ("registrar", "proxy", "media_relay"):
    row = assumed[f"/roles/{role}/host"]
    assert row["value"] == "field" and row["origin"] == "--host host.json", row
    assert row["source"] == "measured", row
assert "/roles/registrar/cores_per_node" not in assumed  # the deployment gives it
assert assumed["/roles/proxy/cores_per_node"]["value"] == 2
roles = {row["role"]: row for row in report["years"][0]["roles"]}
assert roles["registrar"]["cores_effective_per_node"] == 0.75
assert roles["proxy"]["cores_effective_per_node"] == 1.5
chosen = {row["role"]: row for row in report["hosts"] if row["is_chosen"]}
assert chosen["registrar"]["cost_factors"]["parsing"] == 0.5
assert chosen["registrar"]["cost_factors"]["packet_io"] == 1
assert "cost_factors" not in chosen["media_relay"]  # the built-in model has no yardsticks
found = {row["id"]: row for row in report["findings"]}
assert found["model-foreign"]["evidence"]["parsing_cost_factor"] == 0.5
assert found["model-old"]["evidence"]["months"] == 20
models = {row["name"]: row for row in report["models"]}
assert models["hosts/field"]["changed_by"] == "host.json"
assert models["servers/kamailio"]["host"] == "lab"
EOF
run explain deployment.json years.2026.roles.registrar.usage.cpu_cores --host host.json \
    --models models --depth 9
exits 0 "explain --host"
grep -q 'speed of the host' stdout || fail "explain does not say what carried the costs"
run check deployment.json --host host.json
exits 0 "check --host"
run compare deployment.json deployment.json --host host.json --exit-code
exits 0 "compare --host: the same on the same host"
run size deployment.json --format json
cp stdout before.json
run compare before.json deployment.json --host host.json --exit-code
exits 3 "compare --host: a report and the deployment on another host"

cat >wrong.json <<'EOF'
{"format": "busyhour.host/1", "name": "", "cores": -1, "yardsticks": {"parsing": 0}}
EOF
echo '{"populations": []}' >empty.json
for command in "size deployment.json" "check deployment.json" "explain deployment.json" \
    "compare deployment.json deployment.json"; do
    # shellcheck disable=SC2086
    run $command --host wrong.json
    exits 2 "$command --host wrong.json"
    is_silent "$command --host wrong.json"
    for place in /name /source /cores /yardsticks/parsing /yardsticks/packet_io; do
        says "wrong.json: $place: " "$command --host wrong.json"
    done
done
for command in size check; do  # the faults of both files at once
    run "$command" empty.json --host wrong.json
    exits 2 "$command: both wrong"
    says "wrong.json: /cores" "$command: both wrong"
    says "/populations" "$command: both wrong"
done
echo '{' >broken.json
run size deployment.json --host broken.json
exits 2 "size --host broken.json"
says "broken.json:" "size --host broken.json"
run size deployment.json --host -
exits 2 "size --host -"
run size deployment.json --host none.json
exits 1 "size --host none.json"
sed -i 's/"cores_per_node": 1/"cores_per_node": 3/' deployment.json
run size deployment.json --host host.json
exits 2 "more cores than the host has"
says "more than the 2 cores of the host" "more cores than the host has"
finish
