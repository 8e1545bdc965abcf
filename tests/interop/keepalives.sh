#!/usr/bin/env bash
# Keepalives at a real Kamailio are as many messages as their flows say: nathelper's 4 octets and its
# OPTIONS, CRLF over TCP with its pong, and STUN binding requests.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools kamailio python3
require_program

read -r natping options crlf stun < <(free_ports 4)

# expect CASE FLOW PORT: a void run, in which the host was late, is repeated up to twice.
expect() {
    local run
    predict "$2"
    for run in 1 2 3; do
        if python3 "$interop/harness/keepalives.py" "$1" "$3" "$work/$2.json"; then return; fi
    done
    fail "$1: not what the flow $2 says"
}

start_kamailio natping "$natping" WITH_NATPING
expect natping keepalive-crlf-udp "$natping"
start_kamailio options "$options" WITH_NATPING PING_OPTIONS
expect options keepalive-options "$options"
start_kamailio crlf "$crlf" "LISTEN_TCP=tcp:127.0.0.1:$crlf"
expect crlf keepalive-crlf "$crlf"
start_kamailio stun "$stun" WITH_STUN
expect stun keepalive-stun "$stun"
