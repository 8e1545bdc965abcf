#!/usr/bin/env bash
# What rtpengine receives and sends for one PCMU call is what the program says of a relayed call:
# packets in and out, RTCP included, and the octets of a packet, as RTP and as SRTP.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools rtpengine dumpcap tshark python3
require_program

# expect_call KIND: runs it and compares it with both predictions.
expect_call() {
    start_capture "$first_port" "$last_port"
    python3 "$interop/harness/relay.py" "$1" "$ng_port" >"$work/sent.json" || fail "the $1 call"
    stop_capture
    python3 "$interop/harness/compare_relay.py" --sent "$work/sent.json" \
        --capture "$work/capture.pcapng" --ports "$first_port" "$last_port" \
        --rtp "$work/rtp.json" --srtp "$work/srtp.json" ||
        fail "the $1 call is not what the program predicts"
}

calc_rtp() {
    "$BUSYHOUR" calc rtp --codec PCMU --ptime-ms 20 --calls 1 --layers ipv4 --format json "$@" ||
        fail "busyhour calc rtp $* ended with $?"
}

calc_rtp >"$work/rtp.json"
calc_rtp --encryption sdes >"$work/srtp.json"

read -r ng_port < <(free_ports 1)
read -r first_port last_port < <(python3 "$interop/harness/sockets.py" free-range 32)
start rtpengine rtpengine --config-file=none --foreground --log-stderr --log-level=5 --table=-1 \
    --interface=127.0.0.1 --listen-ng="127.0.0.1:$ng_port" --num-threads=2 \
    --port-min="$first_port" --port-max="$last_port" --pidfile="$work/rtpengine.pid"
wait_until 20 port_is_bound "$ng_port" || fail "rtpengine does not listen on port $ng_port"

expect_call plain
expect_call encrypted
