#!/usr/bin/env bash
# Calls with media through our own server and its relay, over UDP and TCP, and SRTP that ends at the
# relay: what the generator counts is on the wire before and behind the relay, in the server's
# summary, and to tshark without loss.

time_limit_s=180
source "$(dirname "$0")/harness/harness.bash"
require_tools dumpcap tshark python3
require_program

calls=30

# calc NAME OPTION...: octets of a packet by the model, into NAME.json.
calc() {
    local name=$1
    shift
    "$BUSYHOUR" calc rtp --calls 1 --layers ipv4 --format json "$@" >"$work/$name.json" ||
        fail "busyhour calc rtp $* ended with $?"
}

# through_relay NAME COMPARISON FLOW TARGET OPTION...: once, at a server of its own.
through_relay() {
    local name=$1 comparison=$2 flow=$3 target=$4 code=0
    shift 4
    read -r port tls_port ng_port < <(free_ports 3)
    read -r first_port last_port < <(python3 "$interop/harness/sockets.py" free-range 200)
    start_server server "$port" "$tls_port" --media-relay 127.0.0.1 --media-workers 2 \
        --media-ports "$first_port-$last_port" --ng "udp:127.0.0.1:$ng_port"
    server=$started
    start_capture "$first_port" "$last_port"
    target=${target/NG/$ng_port}
    "$BUSYHOUR" load "$flow" "${target/PORT/$port}" --out "json=$work/result.json" "$@" \
        >"$work/load.log" 2>&1 || code=$?
    if [ "$code" -ne 0 ] && [ "$code" -ne 4 ]; then fail "$name: busyhour load ended with $code"; fi
    stop_capture
    end_server server "$server"
    # shellcheck disable=SC2086  # options
    python3 "$interop/harness/compare_media.py" --name "$name" --result "$work/result.json" \
        --summary "$work/server.json" --capture "$work/capture.pcapng" \
        --ports "$first_port" "$last_port" $comparison
}

# expect_equal as through_relay: a void run is repeated at most twice.
expect_equal() {
    local attempt verdict
    for attempt in 1 2 3; do
        verdict=0
        through_relay "$@" || verdict=$?
        if [ "$verdict" -ne 4 ]; then break; fi
        printf '%s: attempt %s is void\n' "$1" "$attempt"
    done
    if [ "$verdict" -ne 0 ]; then fail "$1: the counts differ"; fi
}

# expect_calls TRANSPORT COMPARISON OPTION...
expect_calls() {
    local transport=$1 comparison=$2
    shift 2
    expect_equal "$transport $*" "$comparison" call "$transport:127.0.0.1:PORT" --media \
        --users $((2 * calls)) --count $calls --rate-per-s 30 --arrivals regular --hold-s 1.5 "$@"
}

calc pcmu --codec PCMU --ptime-ms 20
calc pcma --codec PCMA --ptime-ms 30
calc srtp --codec PCMU --ptime-ms 20 --encryption sdes

expect_calls udp "--rtp $work/pcmu.json"
expect_calls tcp "--rtp $work/pcmu.json"
expect_calls udp "--rtp $work/pcma.json" --codec PCMA --ptime-ms 30 --rtcp-mux
# The generator's callees know no SRTP over SIP, so its callers' ends of an ng call must do.
expect_equal "SRTP at the callers only" "--rtp $work/pcmu.json --srtp $work/srtp.json" \
    rtp "ng:127.0.0.1:NG" --calls $calls --duration-s 2 --encryption caller
