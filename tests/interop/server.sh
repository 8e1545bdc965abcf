#!/usr/bin/env bash
# SIPp registers at our own server over UDP: what goes through its port is what the flow says. And
# openssl connects over TLS 1.2 and 1.3.

time_limit_s=60
source "$(dirname "$0")/harness/harness.bash"
require_tools sipp dumpcap tshark python3 openssl
require_program

users=50
per_s=50

# start_server NAME PORT TLS_PORT OPTION...: answers over UDP, TCP and TLS.
start_server() {
    local name=$1 port=$2 tls_port=$3
    shift 3
    start "$name" "$BUSYHOUR" server --listen "udp:127.0.0.1:$port" \
        --listen "tcp:127.0.0.1:$port" --listen "tls:127.0.0.1:$tls_port" "$@"
    wait_until 20 kamailio_answers "$port" || fail "$name does not answer OPTIONS on port $port"
}

read -r open_port open_tls caller_port < <(free_ports 3)

start_server open "$open_port" "$open_tls"
expect_flow register "$users" "$per_s" "$open_port"

for version in tls1_2 tls1_3; do
    openssl s_client -connect "127.0.0.1:$open_tls" "-$version" -brief </dev/null \
        >"$work/$version.log" 2>&1 || fail "openssl s_client -$version ended with $?"
    grep -q 'CONNECTION ESTABLISHED' "$work/$version.log" || fail "no connection with -$version"
    printf '%s: established\n' "$version"
done
