#!/usr/bin/env bash
# A real Kamailio is measured: with and without credentials. What was measured becomes a model that
# sizes a deployment; on a disturbed host it is void, and nothing is written.

time_limit_s=240
source "$(dirname "$0")/harness/harness.bash"
require_tools kamailio openssl python3
require_program

read -r port _ < <(python3 "$interop/harness/sockets.py" free-range 2)
{
    echo user,password
    for ((n = 1; n <= 200; n++)); do printf 'user%06d,secret-user%06d\n' "$n" "$n"; done
} >"$work/users.csv"

# measure NAME PORT PID ARGUMENT...: exit 0, or 4 where the host was too busy.
measure() {
    local name=$1 at=$2 pid=$3 verdict=0
    shift 3
    "$BUSYHOUR" calibrate --target "kamailio=udp:127.0.0.1:$at" --pid "$pid" \
        --measurements "$work/$name.jsonl" --model "$work/$name.json" \
        --out json="$work/$name-report.json" "$@" >"$work/$name.log" 2>&1 || verdict=$?
    if [ "$verdict" != 0 ] && [ "$verdict" != 4 ]; then fail "$name: exit $verdict"; fi
    [ -s "$work/$name.jsonl" ] || fail "$name: nothing was measured"
    if [ -e "$work/$name.json" ] && [ "$verdict" = 4 ]; then fail "$name: void, with a model"; fi
    if [ "$verdict" = 4 ]; then printf '%s: void, the host is busy\n' "$name"; fi
}

start_kamailio open "$port"
open_pid=$(cat "$work/open/pid")
affinity=$(taskset -p "$open_pid")
measure open "$port" "$open_pid" --only refresh-udp,call-udp --budget-s 20
[ "$(taskset -p "$open_pid")" = "$affinity" ] || fail "Kamailio was left on other processors"
start_kamailio digest $((port + 1)) CHALLENGE_REGISTER CHALLENGE_INVITE
digest_pid=$(cat "$work/digest/pid")
measure digest $((port + 1)) "$digest_pid" --only refresh-udp,call-udp --budget-s 20 \
    --users "$work/users.csv"

python3 - "$work" <<'EOF' || fail "the runs are not what they should be"
import json, sys
for name in ("open", "digest"):
    runs = [json.loads(line) for line in open(f"{sys.argv[1]}/{name}.jsonl")]
    good = [run for run in runs if run["void"] is None and run["failed_fraction"] == 0]
    kinds = {run["experiment"] for run in runs}
    assert kinds == {"refresh-udp", "call-udp"}, kinds
    assert good, f"{name}: no run held: {[run['void'] for run in runs]}"
    for run in good:
        assert run["usage"].get("cpu_cores", 0) > 0, run
        demand, challenged = run["demand"], name == "digest"
        if run["experiment"] == "refresh-udp":
            # Each REGISTER is two messages, and two more with its challenge.
            messages = demand["udp_messages"] / demand["registrations"]
            assert abs(messages - (4 if challenged else 2)) < 0.1, (name, messages)
            assert ("registration_challenges" in demand) == challenged, (name, demand)
        else:
            assert ("call_challenges" in demand) == challenged, (name, demand)
EOF

# Without credentials it is said what is missing.
if "$BUSYHOUR" calibrate --target "kamailio=udp:127.0.0.1:$((port + 1))" --pid "$digest_pid" \
    --measurements "$work/none.jsonl" --budget-s 5 >"$work/refused.log" 2>&1; then
    fail "a server that wants credentials was measured without"
fi
grep -q -e '--users' "$work/refused.log" || fail "nobody said that users are missing"

# A busy process on the server's processor: void, and no model.
start burner taskset -c 0 sh -c 'while :; do :; done'
verdict=0
"$BUSYHOUR" calibrate --target "kamailio=udp:127.0.0.1:$port" --pid "$open_pid" \
    --only refresh-udp --budget-s 8 --measurements "$work/disturbed.jsonl" \
    --model "$work/disturbed.json" >"$work/disturbed.log" 2>&1 || verdict=$?
if [ "$(nproc)" -le 2 ]; then
    [ "$verdict" = 4 ] || fail "disturbed: exit $verdict"
    [ ! -e "$work/disturbed.json" ] || fail "a model came of a disturbed host"
fi
printf 'Kamailio is measured, with credentials and without; a disturbed host makes it void\n'
