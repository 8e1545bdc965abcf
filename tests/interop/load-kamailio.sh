#!/usr/bin/env bash
# Our generator at Kamailio, a registrar and Record-Routing proxy: every flow over UDP, TCP and TLS,
# its user agents calling each other. What is on the wire is what the generator counted and what the
# catalogue's flows say.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools kamailio openssl dumpcap tshark python3
require_program

# node NAME PORT DEFINE...: over UDP and TCP, and TLS at the port after it.
node() {
    local name=$1 port=$2
    shift 2
    start_kamailio "$name" "$port" "LISTEN_TCP=tcp:127.0.0.1:$port" \
        "LISTEN_TLS=tls:127.0.0.1:$((port + 1))" "TLS_CERTIFICATE=\"$work/kamailio.pem\"" \
        "TLS_KEY=\"$work/kamailio-key.pem\"" "$@"
}

make_certificate kamailio
read -r open_port _ < <(python3 "$interop/harness/sockets.py" free-range 4)
digest_port=$((open_port + 2))
node open "$open_port"
node digest "$digest_port" CHALLENGE_REGISTER CHALLENGE_INVITE

for transport in udp tcp tls; do
    offset=0
    if [ "$transport" = tls ]; then offset=1; fi
    for attempt in 1 2 3; do
        start_capture "$open_port" "$((open_port + 3))"
        generate_all "$transport" "$((open_port + offset))" "$((digest_port + offset))"
        stop_capture
        verdict=0
        compare_load 20 --ports "$open_port" "$digest_port" \
            --tls-ports "$((open_port + 1))" "$((digest_port + 1))" || verdict=$?
        if [ "$verdict" -ne 4 ]; then break; fi
        printf '%s: attempt %s is void: the host was late\n' "$transport" "$attempt"
    done
    if [ "$verdict" -ne 0 ]; then fail "$transport: the counts differ"; fi
done
