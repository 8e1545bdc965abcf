#!/usr/bin/env bash
# Calls and other requests through a real Record-Routing stateful proxy are as many messages and
# transactions as their flows say.

time_limit_s=180
source "$(dirname "$0")/harness/harness.bash"
require_tools kamailio sipp dumpcap tshark python3
require_program

calls=50
per_s=50

read -r open_port digest_port caller_port callee_port < <(free_ports 4)

# Binds the callee at the proxy before anything is captured.
bind_callee() {
    python3 "$interop/harness/sockets.py" register "$1" callee "$callee_port" ||
        fail "the callee cannot register at port $1"
}

start_kamailio open "$open_port"
bind_callee "$open_port"
for flow in call call-prack call-cancel call-busy message options; do
    expect_flow "$flow" "$calls" "$per_s" "$open_port"
done

start_kamailio digest "$digest_port" CHALLENGE_INVITE
bind_callee "$digest_port"
printf 'SEQUENTIAL\n[authentication username=caller password=secret-caller]\n' >"$work/users.csv"
expect_flow call-digest "$calls" "$per_s" "$digest_port" -inf "$work/users.csv"
