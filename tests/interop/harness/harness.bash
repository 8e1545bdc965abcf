# Sourced by each test. Gives it a time limit, a scratch directory that goes away, processes that
# end with it, free ports on 127.0.0.1, captures of the loopback interface, Kamailio and SIPp.
#
# A test sets time_limit_s before sourcing this file (default 120).

set -euo pipefail

if [ -z "${INTEROP_LIMITED:-}" ]; then
    INTEROP_LIMITED=1 exec timeout --kill-after=10 "${time_limit_s:-120}" bash "$0" "$@"
fi

interop=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export SOURCE_DIR=${SOURCE_DIR:-$(cd "$interop/../.." && pwd)}
export BUSYHOUR=${BUSYHOUR:-$SOURCE_DIR/build/cli/busyhour}
export PYTHONDONTWRITEBYTECODE=1
PATH=$PATH:/usr/sbin:/sbin

work=$(mktemp -d "${TMPDIR:-/tmp}/busyhour-interop.XXXXXX")
processes=()  # ids of the process groups this test started
caller_port='' callee_port=''  # of SIPp: a test that runs flows sets them
transport=udp  # of SIPp: or tcp

# --- Messages --------------------------------------------------------------------------------

# What failed, and the last lines of every log of the test, so that the reader needs no rerun.
fail() {
    printf 'FAIL: %s\n' "$*" >&2
    local log
    for log in "$work"/*.log; do
        if [ -s "$log" ]; then printf -- '--- %s\n' "${log##*/}" >&2 && tail -n 20 "$log" >&2; fi
    done
    exit 1
}

require_tools() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null ||
            fail "$tool is not installed; the packages are in tests/interop/packages.txt"
    done
}

require_program() {
    if [ ! -x "$BUSYHOUR" ]; then fail "no program at $BUSYHOUR; set BUSYHOUR to its path"; fi
}

# --- Processes -------------------------------------------------------------------------------

# start NAME COMMAND...: runs it as a process group of its own, logging to NAME.log; sets started.
start() {
    local name=$1
    shift
    rm -f "$work/$name.log"  # of an earlier one, which was ready
    setsid "$@" >"$work/$name.log" 2>&1 </dev/null &
    started=$!
    processes+=("$started")
}

is_running() { kill -0 "$1" 2>/dev/null; }
is_gone() { ! is_running "$1"; }

# stop ID [SIGNAL]: asks the process to end, then its whole group if it does not within 5 s.
stop() {
    kill "-${2:-TERM}" "$1" 2>/dev/null || true
    wait_until 5 is_gone "$1" || true
    kill -KILL -- "-$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

# kill_at_once ID...: as a crash would, and silently.
kill_at_once() {
    kill -KILL "$@"
    wait "$@" 2>/dev/null || true
}

# wait_until SECONDS COMMAND...: polls until the command succeeds; false if it never does.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -gt "$deadline" ]; then return 1; fi
        sleep 0.05
    done
}

clean_up() {
    local id
    for id in "${processes[@]}"; do stop "$id"; done
    rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 143' TERM INT HUP

# --- Ports and packets -----------------------------------------------------------------------

# free_ports N: N ports that were free on 127.0.0.1 for UDP and TCP a moment ago.
free_ports() { python3 "$interop/harness/sockets.py" free-ports "$1"; }

# port_is_bound PORT [TRANSPORT]: on 127.0.0.1, udp or tcp.
port_is_bound() { grep -q ": 0100007F:$(printf %04X "$1") " "/proc/net/${2:-udp}"; }
capture_holds() { grep -aq "$1" "$work/capture.pcapng"; }

# Sends a datagram that the capture must show: what was sent before it has been captured too.
capture_shows_mark() {
    printf %s "$1" >"/dev/udp/127.0.0.1/$mark_port" || true
    capture_holds "$1"
}

# start_capture FIRST [LAST [OTHER]]: all from and to these UDP or TCP ports, into capture.pcapng.
start_capture() {
    mark_port=$(free_ports 1)
    rm -f "$work/capture.pcapng"
    start capture dumpcap -q -i lo -s 0 -B 16 -w "$work/capture.pcapng" \
        -f "udp port $mark_port or portrange $1-${2:-$1} or port ${3:-$1}"
    capture=$started
    wait_until 10 capture_shows_mark interop-begin ||
        fail "dumpcap captures nothing on lo (is this root?)"
}

stop_capture() {
    wait_until 10 capture_shows_mark interop-end || fail "the capture does not end"
    stop "$capture" INT
    grep -q 'dropped on interface.*/0 (pcap' "$work/capture.log" ||
        fail "the capture dropped packets"
}

# mark TEXT: what is captured from here on belongs to TEXT.
mark() { printf %s "$1" >"/dev/udp/127.0.0.1/$mark_port" || true; }

# --- Our own server --------------------------------------------------------------------------

is_ready() { grep -q '^ready ' "$work/$1.log"; }

# start_server NAME PORT TLS_PORT OPTION...: answers over UDP and TCP, and TLS; sets started.
start_server() {
    local name=$1 port=$2 tls_port=$3
    shift 3
    start "$name" "$BUSYHOUR" server --listen "udp:127.0.0.1:$port" \
        --listen "tcp:127.0.0.1:$port" --listen "tls:127.0.0.1:$tls_port" \
        --out "json=$work/$name.json" "$@"
    wait_until 20 is_ready "$name" || fail "$name is not ready at port $port"
}

# end_server NAME ID: SIGTERM ends it with 0 and a summary, in NAME.json.
end_server() {
    local code=0
    kill -TERM "$2"
    wait_until 10 is_gone "$2" || fail "$1 does not end"
    wait "$2" || code=$?
    if [ "$code" -ne 0 ]; then fail "$1 ended with $code"; fi
    if [ ! -s "$work/$1.json" ]; then fail "$1 wrote no summary"; fi
}

# figure NAME KEY...: a number of NAME.json, 0 where there is none.
figure() {
    python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]: value = value.get(key, 0) if value else 0
print(int(value))' "$work/$1.json" "${@:2}"
}

# make_certificate NAME: NAME.pem and NAME-key.pem, self-signed, for 127.0.0.1.
make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
        -subj "/CN=$1" -addext "subjectAltName=IP:127.0.0.1" \
        -keyout "$work/$1-key.pem" -out "$work/$1.pem" 2>"$work/$1-make.log" ||
        fail "openssl req ended with $?"
}

# --- Kamailio --------------------------------------------------------------------------------

kamailio_answers() { python3 "$interop/harness/sockets.py" options "$1"; }

# start_kamailio NAME PORT DEFINE...: a node on udp:127.0.0.1:PORT with its own run directory.
start_kamailio() {
    local name=$1 port=$2 define
    shift 2
    local defines=(-A "CONTROL=\"unix:$work/$name/ctl\"")
    for define in "$@"; do defines+=(-A "$define"); done
    mkdir "$work/$name"
    start "$name" kamailio -DD -E -f "$interop/kamailio/kamailio.cfg" -l "udp:127.0.0.1:$port" \
        -Y "$work/$name" -P "$work/$name/pid" -m 64 -M 8 "${defines[@]}"
    wait_until 20 kamailio_answers "$port" || fail "$name does not answer OPTIONS on port $port"
}

# kamailio_statistic NODE STATISTIC
kamailio_statistic() {
    kamcmd -s "unix:$work/$1/ctl" stats.get_statistics "$2" | sed -n 's/.* = //p'
}

# --- SIPp ------------------------------------------------------------------------------------

# sipp_agent NAME SCENARIO COUNT ARGUMENT...: sets sipp_command, a bounded and quiet SIPp.
sipp_agent() {
    local name=$1 scenario=$2 count=$3
    shift 3
    sipp_command=(sipp -sf "$interop/sipp/$scenario.xml" -m "$count" -i 127.0.0.1 -nostdin
        -timeout 40s -timeout_error -trace_err -error_file "$work/$name-errors.log" "$@")
}

# --- One flow, predicted and captured --------------------------------------------------------

# run_flow FLOW COUNT RATE PORT [ARGUMENT...]: COUNT times the flow with the server at PORT, from
# caller_port. The callee, where the flow has one, is at callee_port; it does not see a challenge.
run_flow() {
    local flow=$1 count=$2 rate=$3 port=$4 callee=
    local callee_scenario=${flow%-digest}-uas
    local socket=${transport::1}1  # u1 or t1: one for all calls
    shift 4
    start_capture "$port" "$port" "${callee_port:-$port}"
    if [ -f "$interop/sipp/$callee_scenario.xml" ]; then
        sipp_agent callee "$callee_scenario" "$count" -t "$socket" -p "$callee_port"
        start callee "${sipp_command[@]}"
        callee=$started
        wait_until 10 port_is_bound "$callee_port" "$transport" ||
            fail "the callee's SIPp does not start"
    fi
    sipp_agent caller "$flow-uac" "$count" -r "$rate" -t "$socket" -p "$caller_port" "$@" \
        "127.0.0.1:$port"
    start caller "${sipp_command[@]}"
    wait "$started" || fail "SIPp ($flow-uac) ended with $?"
    if [ -n "$callee" ]; then
        wait_until 10 is_gone "$callee" || fail "SIPp ($callee_scenario) does not end"
    fi
    stop_capture
}

# predict FLOW: what the program says of it, into FLOW.json.
predict() {
    "$BUSYHOUR" calc sip --flow "$1" --format json >"$work/$1.json" ||
        fail "busyhour calc sip --flow $1 ended with $?"
}

# compare_flow FLOW COUNT PORT [OPTION...]: the last capture at PORT with COUNT times the flow.
# Returns 0 equal, 1 different, 4 void: the host was so late that SIP retransmitted.
compare_flow() {
    local flow=$1 count=$2 port=$3
    shift 3
    python3 "$interop/harness/compare_flow.py" --flow "$flow" --count "$count" --port "$port" \
        --far-port "${callee_port:-$port}" --mark-port "$mark_port" \
        --predicted "$work/$flow.json" --capture "$work/capture.pcapng" "$@"
}

# expect_flow FLOW COUNT RATE PORT [ARGUMENT...]: runs it and compares what went through the
# server's port with COUNT times what the program says of it. A void run is repeated up to twice.
expect_flow() {
    local flow=$1 count=$2 port=$4 run verdict
    predict "$flow"
    for run in 1 2 3; do
        run_flow "$@"
        verdict=0
        compare_flow "$flow" "$count" "$port" || verdict=$?
        if [ "$verdict" -ne 4 ]; then break; fi
        printf '%s: run %s is void: the host was late\n' "$flow" "$run"
    done
    if [ "$verdict" -ne 0 ]; then fail "$flow: the capture is not what the program predicts"; fi
}

# --- Our own generator -----------------------------------------------------------------------

runs=()  # results of generate, for compare_load

# generate SERVER TRANSPORT PORT COUNT FLOW [OPTION...]: COUNT sessions at PORT, under a mark, into
# SERVER-TRANSPORT-FLOW.json. Its times may be void on a busy host; its counts must be right.
generate() {
    local name=$1-$2-$5 transport=$2 port=$3 count=$4 flow=$5 code=0
    shift 5
    mark "$name"
    "$BUSYHOUR" load "$flow" "$transport:127.0.0.1:$port" --users 20 --count "$count" \
        --rate-per-s 100 --duration-s 30 --window-s 0.5 --arrivals regular \
        --out "json=$work/$name.json" "$@" >"$work/$name.log" 2>&1 || code=$?
    mark after
    if [ "$code" -ne 0 ] && [ "$code" -ne 4 ]; then fail "busyhour load: $name ended with $code"; fi
    case $flow in
        refresh | churn | storm) runs+=("$work/$name.json=register") ;;
        *) runs+=("$work/$name.json=$flow") ;;
    esac
}

# generate_all TRANSPORT OPEN_PORT DIGEST_PORT: every flow of the catalogue's that the generator has.
generate_all() {
    local flow
    runs=()
    for flow in register refresh storm options message call call-busy call-cancel; do
        generate open "$1" "$2" 20 "$flow"
    done
    if [ "$1" != udp ]; then generate open "$1" "$2" 20 churn; fi
    for flow in register-digest register-digest-reused-nonce call-digest; do
        generate digest "$1" "$3" 20 "$flow"
    done
}

# compare_load COUNT OPTION...: the last capture with the runs. Returns as compare_flow.
compare_load() {
    local count=$1
    shift
    python3 "$interop/harness/compare_load.py" --count "$count" --mark-port "$mark_port" \
        --capture "$work/capture.pcapng" "$@" -- "${runs[@]}"
}
