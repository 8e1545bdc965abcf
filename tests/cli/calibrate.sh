#!/bin/bash
# busyhour calibrate as its user meets it: fits of files, a short look at our own server, refusals.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1

# A table of a server that takes 50 us of a registration and 600 us of a call.
cat >throughput.csv <<'EOF'
server,date,experiment,registrations,call_attempts,cpu_cores,cores
lab 1.0,2026-11-20,refresh,4000,0,0.2,1
lab 1.0,2026-11-20,refresh,8000,0,0.4,1
lab 1.0,2026-11-20,refresh,20000,0,,1
lab 1.0,2026-11-20,call,0,500,0.3,1
lab 1.0,2026-11-20,call,0,1000,0.6,1
lab 1.0,2026-11-20,mixed,4000,1000,0.8,1
EOF
run calibrate --fit throughput.csv --model lab.json --out json=fit.json --out csv=fit.csv
exits 0 "calibrate --fit throughput.csv"
grep -q 'COSTS' stdout || fail "the text shows no costs"
python3 - <<'EOF' || fail "the fit is wrong"
import json
fit = json.load(open("fit.json"))
assert fit["format"] == "busyhour.calibration/1" and fit["void"] is None
costs = {row["driver"]: row["cost_s"] for row in fit["fit"]["coefficients"]}
assert abs(costs["registrations"] - 50e-6) < 1e-6, costs
assert abs(costs["call_attempts"] - 600e-6) < 12e-6, costs
model = json.load(open("lab.json"))
assert model["format"] == "busyhour.server/1" and model["status"] == "measured"
assert model["name"] == "lab" and model["version"] == "1.0" and model["date"] == "2026-11-20"
EOF
# The model sizes a deployment, which says what it is.
mkdir -p models/servers && cp lab.json models/servers/lab.json
cat >deployment.json <<'EOF'
{"format": "busyhour.deployment/1", "populations": [{"endpoints": 100000}],
 "roles": {"registrar": {"server": "lab"}, "proxy": {"server": "lab"}}}
EOF
run size deployment.json --models models --out json=report.json
exits 0 "size with the fitted model"
python3 - <<'EOF' || fail "the report does not tell the model"
import json
report = json.load(open("report.json"))
models = {model["name"]: model for model in report["models"]}
assert models["servers/lab"]["date"] == "2026-11-20", models
assert any(f["id"] == "model-foreign" for f in report["findings"]), report["findings"]
EOF

# SIPp's statistics: what its calls are and how many cores there were must be said.
printf '%s\n' 'StartTime;ElapsedTime(P);OutgoingCall(P);SuccessfulCall(P);FailedCall(P);' \
    'x;00:00:01:000000;1000;1000;0;' 'x;00:00:01:000000;2000;1500;500;' >sipp.csv
run calibrate --fit sipp.csv
exits 2 "SIPp without --flow"
grep -q -e '--flow' stderr || fail "SIPp without --flow: $(cat stderr)"
run calibrate --fit sipp.csv --flow call
exits 2 "SIPp without --cores"
run calibrate --fit sipp.csv --flow call --cores 1 --out json=sipp.json
exits 0 "SIPp's statistics"
python3 -c '
import json
costs = json.load(open("sipp.json"))["fit"]["coefficients"]
assert abs(costs[0]["cost_s"] - 1 / 1500) < 1e-5, costs  # between 1000/s, held, and 2000/s' ||
    fail "SIPp's statistics are fitted wrongly"

# A short look at our own server. On a busy host it may be void, and says so.
run calibrate --only refresh-udp,options-udp --budget-s 6 --seed 3 --measurements runs.jsonl \
    --model own.json --host-profile host.json --out json=own.report
[ "$code" = 0 ] || [ "$code" = 4 ] || fail "our own server: exit $code: $(cat stderr)"
python3 - "$code" <<'EOF' || fail "the measurements are not what they should be"
import json, os, sys
runs = [json.loads(line) for line in open("runs.jsonl")]
assert runs and all(run["format"] == "busyhour.measurement/1" for run in runs)
assert {run["experiment"] for run in runs} <= {"refresh-udp", "options-udp"}
assert len({run["session"] for run in runs}) == 1
for run in runs:
    if run["void"] is None:
        assert run["usage"]["cpu_cores"] > 0 and run["achieved_per_s"] > 0, run
        assert set(run["yardsticks"]) == {"packet_io", "parsing", "symmetric", "asymmetric"}
report = json.load(open("own.report"))
assert (report["void"] is not None) == (sys.argv[1] == "4")
assert os.path.exists("own.json") == (sys.argv[1] == "0")
EOF
"$BUSYHOUR" schema measurement >schema.json
python3 - <<'EOF' || fail "a measurement is not what its schema says"
import json, jsonschema
schema = json.load(open("schema.json"))
for line in open("runs.jsonl"): jsonschema.validate(json.loads(line), schema)
EOF
if [ "$code" = 0 ]; then
    run size "$SOURCE_DIR/examples/enterprise-100k.json" --host host.json
    exits 0 "size --host with the profile of a calibration"
fi
# The same runs again, from their file.
run calibrate --fit runs.jsonl
[ "$code" = 0 ] || [ "$code" = 4 ] || [ "$code" = 2 ] || fail "--fit runs.jsonl: exit $code"

# Refusals: all at once, with the place and the remedy.
run calibrate --quick --full --target nobody --pid 0 --workers 3 --tls-key dsa
exits 2 "wrong options"
for word in --full --pid --workers --tls-key; do
    grep -q -e "$word" stderr || fail "nothing is said of $word: $(cat stderr)"
done
run calibrate --target nobody
exits 2 "a target without an address"
run calibrate --target kamailio=udp:127.0.0.1:5060 --pid 999999999
exits 2 "a pid that is none"
grep -q 'there is no process' stderr || fail "a pid that is none: $(cat stderr)"
run calibrate --only nothing
exits 2 "an experiment that is none"
run calibrate --fit no-such-file.jsonl
exits 1 "a file that is not there"
echo '{"format": "busyhour.measurement/1"}' >bad.jsonl
run calibrate --fit bad.jsonl
exits 2 "a measurement without its members"
grep -q 'bad.jsonl:1' stderr || fail "a bad line: $(cat stderr)"
run calibrate --fit runs.jsonl --session none
exits 2 "a session that is none"
# A target that does not answer is told, not waited for.
run calibrate --target nobody=udp:127.0.0.1:9 --measurements none.jsonl --budget-s 5
exits 1 "a target that does not answer"
[ ! -e none.jsonl ] || fail "a silent target left measurements"
finish
