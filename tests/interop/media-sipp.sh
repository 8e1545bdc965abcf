#!/usr/bin/env bash
# SIPp plays recorded RTP in calls through our server and its relay to a SIPp that echoes it, over
# UDP and TCP: each packet of the file comes to the callee as it was, and back to the caller.

time_limit_s=150
source "$(dirname "$0")/harness/harness.bash"
require_tools sipp dumpcap tshark python3
require_program

calls=2  # one after the other

# play: the calls over the present transport, at a server of its own.
play() {
    local socket=${transport::1}1
    read -r port tls_port caller_port callee_port caller_media callee_media < <(free_ports 6)
    start_server server "$port" "$tls_port" --media-relay 127.0.0.1 \
        --media-ports "$first_port-$last_port"
    server=$started
    start_capture "$first_port" "$last_port"
    sipp_agent callee call-uas "$calls" -t "$socket" -p "$callee_port" -mp "$callee_media" -rtp_echo
    start callee "${sipp_command[@]}"
    callee=$started
    wait_until 10 port_is_bound "$callee_port" "$transport" || fail "the callee does not start"
    wait_until 10 port_is_bound "$callee_media" || fail "the callee hears nothing"
    python3 "$interop/harness/sockets.py" register "$port" callee "$callee_port" "$transport" ||
        fail "the callee cannot register at port $port"
    sipp_agent caller call-pcap-uac "$calls" -t "$socket" -p "$caller_port" -mp "$caller_media" \
        -l 1 "127.0.0.1:$port"
    start caller env -C "$work" "${sipp_command[@]}"
    wait "$started" || fail "$transport: SIPp, which calls, ended with $?"
    wait_until 10 is_gone "$callee" || fail "$transport: SIPp, which answers, does not end"
    stop_capture
    end_server server "$server"
    python3 "$interop/harness/speech.py" compare --name "$transport" --calls "$calls" \
        --capture "$work/capture.pcapng" --summary "$work/server.json" \
        --ends "$caller_media" "$callee_media" --ports "$first_port" "$last_port"
}

python3 "$interop/harness/speech.py" make "$work/speech.pcap"
read -r first_port last_port < <(python3 "$interop/harness/sockets.py" free-range 32)

for transport in udp tcp; do
    for attempt in 1 2 3; do
        verdict=0
        play || verdict=$?
        if [ "$verdict" -ne 4 ]; then break; fi
        printf '%s: attempt %s is void: SIPp hung up before it had played all\n' "$transport" \
            "$attempt"
    done
    if [ "$verdict" -ne 0 ]; then fail "$transport: not every packet came as it was recorded"; fi
done
