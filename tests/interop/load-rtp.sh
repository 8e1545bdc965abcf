#!/usr/bin/env bash
# Our media generator through rtpengine in user space, plain and as SRTP: what it counts is what is on the wire, what
# rtpengine says it relayed, and what tshark makes of the streams.

time_limit_s=240
source "$(dirname "$0")/harness/harness.bash"
require_tools rtpengine dumpcap tshark python3
require_program

calls=20
duration_s=5

read -r ng_port < <(free_ports 1)
read -r first_port last_port < <(python3 "$interop/harness/sockets.py" free-range 200)

start_relay() {
    start rtpengine rtpengine --config-file=none --foreground --log-stderr --log-level=5 \
        --table=-1 --interface=127.0.0.1 --listen-ng="127.0.0.1:$ng_port" --num-threads=2 \
        --port-min="$first_port" --port-max="$last_port" --pidfile="$work/rtpengine.pid"
    relay=$started
    wait_until 20 port_is_bound "$ng_port" || fail "rtpengine does not listen on port $ng_port"
}

# compare NAME OPTION...: a run through a relay of its own.
compare() {
    local name=$1 verdict=0
    shift
    start_relay
    start_capture "$first_port" "$last_port"
    "$BUSYHOUR" load rtp "ng:127.0.0.1:$ng_port" --calls "$calls" --duration-s "$duration_s" \
        --pid "$relay" --out "json=$work/result.json" "$@" >"$work/load.log" 2>&1 || verdict=$?
    if [ "$verdict" -ne 0 ] && [ "$verdict" -ne 4 ]; then fail "$name: busyhour: $verdict"; fi
    python3 "$interop/harness/compare_rtp.py" statistics "$ng_port" >"$work/statistics.json"
    stop_capture
    stop "$relay"
    python3 "$interop/harness/compare_rtp.py" compare --name "$name" \
        --result "$work/result.json" --statistics "$work/statistics.json" \
        --capture "$work/capture.pcapng" --ports "$first_port" "$last_port" ||
        fail "$name: the counts differ"
}

compare plain
compare plain-muxed --rtcp-mux --codec PCMA --ptime-ms 30
compare plain-one-way --one-way --codec G729
for suite in AES_CM_128_HMAC_SHA1_80 AEAD_AES_128_GCM; do
    compare "$suite" --encryption sdes --srtp-suite "$suite"
done
