#!/usr/bin/env bash
# A scanner's requests at a real Kamailio are as many messages as the flows unwanted-* say: two where
# it answers or challenges, one where its block list drops them.
#
#   unwanted.sh --measure   measures their CPU, and writes data/measurements/kamailio-unwanted.csv

time_limit_s=180
source "$(dirname "$0")/harness/harness.bash"
require_tools kamailio kamcmd dumpcap tshark python3

requests=100
port=$(free_ports 1)

start_kamailio registrar "$port" WITH_UNWANTED
registrar=$started
kamcmd -s "unix:$work/registrar/ctl" htable.seti blocked 127.0.0.9 1 >/dev/null ||
    fail "the block list takes no address"

if [ "${1:-}" = --measure ]; then
    for ((n = 0; n < 1000; n++)); do
        kamcmd -s "unix:$work/registrar/ctl" htable.seti blocked "192.0.2.$n" 1 >/dev/null
    done
    python3 "$interop/harness/unwanted.py" measure "$port" "$registrar" 9 >"$work/unwanted.csv"
    cp "$work/unwanted.csv" "$SOURCE_DIR/data/measurements/kamailio-unwanted.csv"
    exit 0
fi

require_program

# expect HANDLING FLOW: so many messages in and out as the flow says.
expect() {
    local in out answers run
    predict "$2"
    in=$(python3 -c "import json,sys; print(json.load(open(sys.argv[1]))['messages_in'])" "$work/$2.json")
    out=$(python3 -c "import json,sys; print(json.load(open(sys.argv[1]))['messages_out'])" "$work/$2.json")
    for run in 1 2 3; do
        start_capture "$port"
        answers=$(python3 "$interop/harness/unwanted.py" send "$port" "$1" "$requests")
        stop_capture
        sent=$(tshark -n -r "$work/capture.pcapng" -Y "udp.dstport == $port" 2>/dev/null | wc -l)
        if [ "$sent" -eq $((requests * in)) ] && [ "$answers" -eq $((requests * out)) ]; then break; fi
    done
    printf '%-22s in: predicted %d captured %d  out: predicted %d captured %d\n' "$1" \
        $((requests * in)) "$sent" $((requests * out)) "$answers"
    if [ "$sent" -ne $((requests * in)) ] || [ "$answers" -ne $((requests * out)) ]; then
        fail "$1: not what the flow $2 says"
    fi
}

expect answered unwanted-answered
expect challenged unwanted-challenged
expect dropped_by_block_list unwanted-dropped
