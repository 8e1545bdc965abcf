#!/usr/bin/env bash
# Registrations at a real registrar are as many messages as the flows register and register-digest
# say, and each of them leaves one binding.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools kamailio kamcmd sipp dumpcap tshark python3
require_program

users=200
per_s=100

# expect_bindings NODE: one binding for each user.
expect_bindings() {
    local stored
    stored=$(kamailio_statistic "$1" location_contacts)
    printf '  %-20s predicted %8d  captured %8d\n' bindings "$users" "$stored"
    if [ "$stored" -ne "$users" ]; then fail "$1 has $stored bindings, not $users"; fi
}

read -r open_port digest_port caller_port < <(free_ports 3)

start_kamailio open "$open_port"
expect_flow register "$users" "$per_s" "$open_port"
expect_bindings open

start_kamailio digest "$digest_port" CHALLENGE_REGISTER
{
    echo SEQUENTIAL
    for ((n = 1; n <= users; n++)); do
        echo "[authentication username=user$n password=secret-user$n]"
    done
} >"$work/users.csv"
expect_flow register-digest "$users" "$per_s" "$digest_port" -inf "$work/users.csv"
expect_bindings digest
