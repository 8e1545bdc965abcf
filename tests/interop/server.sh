#!/usr/bin/env bash
# SIPp registers at our own server and calls through it, over UDP and TCP, with and without digest:
# what goes through its ports is what the flows say.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools sipp dumpcap tshark python3
require_program

users=25
calls=20
per_s=50

read -r open_port open_tls digest_port digest_tls < <(free_ports 4)
{
    printf 'user,password\ncaller,secret-caller\ncallee,secret-callee\n'
    for ((n = 1; n <= users; n++)); do echo "user$n,secret-user$n"; done
} >"$work/passwords.csv"
{
    echo SEQUENTIAL
    for ((n = 1; n <= users; n++)); do
        echo "[authentication username=user$n password=secret-user$n]"
    done
} >"$work/users.csv"
printf 'SEQUENTIAL\n[authentication username=caller password=secret-caller]\n' >"$work/caller.csv"

start_server open "$open_port" "$open_tls"
open=$started
start_server digest "$digest_port" "$digest_tls" --authentication digest --digest md5 \
    --users "$work/passwords.csv"
digest=$started

# flow NAME COUNT PORT [ARGUMENT...]: over the present transport. Its callee's address is bound
# first; a new run has new ports, as those of a TCP connection rest a minute.
flow() {
    local name=$1 count=$2 port=$3
    shift 3
    read -r caller_port callee_port < <(free_ports 2)
    if [ -f "$interop/sipp/${name%-digest}-uas.xml" ]; then
        python3 "$interop/harness/sockets.py" register "$port" callee "$callee_port" "$transport" ||
            fail "the callee cannot register at port $port"
    fi
    printf '%s ' "$transport"
    expect_flow "$name" "$count" "$per_s" "$port" "$@"
}

for transport in udp tcp; do
    for name in message call; do flow "$name" "$calls" "$open_port"; done
    flow register "$users" "$open_port"
    flow register-digest "$users" "$digest_port" -inf "$work/users.csv"
    flow call-digest "$calls" "$digest_port" -inf "$work/caller.csv"
done
transport=udp
flow options "$users" "$open_port"
for name in call-cancel call-busy; do flow "$name" "$calls" "$open_port"; done
end_server open "$open"
end_server digest "$digest"
