#!/usr/bin/env bash
# Calls with media through Kamailio, which drives a relay over the ng protocol: rtpengine in user
# space, and ours in its place. All RTP goes by the relay, and nothing is lost.

time_limit_s=150
source "$(dirname "$0")/harness/harness.bash"
require_tools kamailio rtpengine dumpcap tshark python3
require_program

calls=20

start_rtpengine() {
    start relay rtpengine --config-file=none --foreground --log-stderr --log-level=5 --table=-1 \
        --interface=127.0.0.1 --listen-ng="127.0.0.1:$ng_port" --num-threads=2 --delete-delay=0 \
        --port-min="$first_port" --port-max="$last_port" --pidfile="$work/rtpengine.pid"
    relay=$started
    wait_until 20 port_is_bound "$ng_port" || fail "rtpengine does not listen on port $ng_port"
}

start_ours() {
    start_server relay "$server_port" "$tls_port" --media-relay 127.0.0.1 \
        --media-ports "$first_port-$last_port" --ng "udp:127.0.0.1:$ng_port"
    relay=$started
}

# Each ends the relay, and says what it counted in statistics.json or relay.json.
end_rtpengine() {
    python3 "$interop/harness/compare_rtp.py" statistics "$ng_port" >"$work/statistics.json" ||
        fail "rtpengine tells no statistics"
    stop "$relay"
}

end_ours() { end_server relay "$relay"; }

# through KIND TRANSPORT OPTION...: of the relay, rtpengine or ours.
through() {
    local kind=$1 transport=$2 code=0 said=(--summary "$work/relay.json")
    shift 2
    if [ "$kind" = rtpengine ]; then said=(--statistics "$work/statistics.json"); fi
    read -r port ng_port server_port tls_port < <(free_ports 4)
    read -r first_port last_port < <(python3 "$interop/harness/sockets.py" free-range 160)
    "start_$kind"
    rm -rf "$work/kamailio"
    start_kamailio kamailio "$port" "LISTEN_TCP=tcp:127.0.0.1:$port" \
        "RTPENGINE=\"udp:127.0.0.1:$ng_port\""
    kamailio=$started
    start_capture "$first_port" "$last_port"
    "$BUSYHOUR" load call "$transport:127.0.0.1:$port" --media --users $((2 * calls)) \
        --count $calls --rate-per-s 20 --arrivals regular --hold-s 1.5 \
        --out "json=$work/result.json" "$@" >"$work/load.log" 2>&1 || code=$?
    if [ "$code" -ne 0 ] && [ "$code" -ne 4 ]; then fail "$kind: busyhour load ended with $code"; fi
    stop_capture
    stop "$kamailio"
    "end_$kind"
    code=0
    python3 "$interop/harness/compare_media.py" --name "$kind, $transport $*" \
        --result "$work/result.json" --rtp "$work/rtp.json" --capture "$work/capture.pcapng" \
        --ports "$first_port" "$last_port" "${said[@]}" || code=$?
    if grep -q 'Ran out of ports' "$work/kamailio.log"; then code=4; fi  # another program has them
    return "$code"
}

# expect_equal as through: a void run is repeated at most twice.
expect_equal() {
    local attempt verdict
    for attempt in 1 2 3; do
        verdict=0
        through "$@" || verdict=$?
        if [ "$verdict" -ne 4 ]; then break; fi
        printf '%s: attempt %s is void\n' "$1" "$attempt"
    done
    if [ "$verdict" -ne 0 ]; then fail "$1: the counts differ"; fi
}

"$BUSYHOUR" calc rtp --codec PCMU --ptime-ms 20 --calls 1 --layers ipv4 --format json \
    >"$work/rtp.json" || fail "busyhour calc rtp ended with $?"

expect_equal rtpengine udp
expect_equal rtpengine tcp --rtcp-mux
expect_equal ours udp
expect_equal ours tcp --rtcp-mux
