#!/usr/bin/env bash
# Each REGISTER at one of two registrars that replicate by dmq_usrloc costs one KDMQ request to the
# other and its 200, whether the binding is new or refreshed, and the other has the binding then.
# What the nodes tell each other about themselves, from notification_peer, is no part of it.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools kamailio kamcmd sipp dumpcap tshark python3
require_program

users=200
per_s=100

read -r port peer_port caller_port < <(free_ports 3)

# knows_both NODE: the node takes itself and the other for active.
knows_both() {
    [ "$(kamcmd -s "unix:$work/$1/ctl" dmq.list_nodes | grep -c 'status: active')" -eq 2 ]
}

peer_has_probe() { kamcmd -s "unix:$work/peer/ctl" ul.dump brief | grep -q 'AoR: probe'; }

# expect_replication WHAT: one run of REGISTERs; void runs are repeated up to twice.
expect_replication() {
    local run registered replicated
    for run in 1 2 3; do
        echo "$1"
        run_flow register "$users" "$per_s" "$port"
        registered=0 replicated=0
        compare_flow register "$users" "$port" --without "$peer_port" || registered=$?
        compare_flow dmq-usrloc "$users" "$port" --from-user usrloc || replicated=$?
        if [ "$registered" -ne 4 ] && [ "$replicated" -ne 4 ]; then break; fi
        echo "run $run is void: the host was late"
    done
    if [ "$registered" -ne 0 ] || [ "$replicated" -ne 0 ]; then
        fail "$1: the capture is not what the program predicts"
    fi
}

predict register
predict dmq-usrloc
start_kamailio registrar "$port" WITH_DMQ \
    "DMQ_ADDRESS=\"sip:127.0.0.1:$port\"" "DMQ_PEER=\"sip:127.0.0.1:$peer_port\""
start_kamailio peer "$peer_port" WITH_DMQ \
    "DMQ_ADDRESS=\"sip:127.0.0.1:$peer_port\"" "DMQ_PEER=\"sip:127.0.0.1:$port\""
wait_until 20 knows_both registrar || fail "the registrar does not find its peer"
wait_until 20 knows_both peer || fail "the peer does not find the registrar"

# One binding in advance: once it has arrived, nothing of the nodes' start is under way.
python3 "$interop/harness/sockets.py" register "$port" probe 9 || fail "the probe cannot register"
wait_until 20 peer_has_probe || fail "a binding does not arrive at the other node"

expect_replication "new bindings"
expect_replication "refreshed bindings"

stored=$(kamailio_statistic peer location_contacts)
printf 'bindings at the peer, with the probe: predicted %d  captured %d\n' $((users + 1)) "$stored"
if [ "$stored" -ne $((users + 1)) ]; then fail "the peer has $stored bindings"; fi
