#!/usr/bin/env bash
# Our generator at our own server of two workers, every flow over UDP, TCP and TLS: what is on the wire is what the
# generator counted, what the server counted, and what the catalogue's flows say.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools dumpcap tshark python3
require_program

{
    echo user,password
    for ((n = 1; n <= 20; n++)); do printf 'user%06d,secret-user%06d\n' "$n" "$n"; done
} >"$work/passwords.csv"

# run_all TRANSPORT FIRST_PORT: on four ports in a row.
run_all() {
    local transport=$1 open_port=$2 offset=0 open digest
    if [ "$transport" = tls ]; then offset=1; fi
    start_capture "$open_port" "$((open_port + 3))"
    start_server open "$open_port" "$((open_port + 1))" --workers 2
    open=$started
    start_server digest "$((open_port + 2))" "$((open_port + 3))" --workers 2 \
        --authentication digest --users "$work/passwords.csv"
    digest=$started
    generate_all "$transport" "$((open_port + offset))" "$((open_port + 2 + offset))"
    end_server open "$open"
    end_server digest "$digest"
    stop_capture
    compare_load 20 --ports "$open_port" "$((open_port + 2))" \
        --tls-ports "$((open_port + 1))" "$((open_port + 3))" \
        --summary "$work/open.json" --summary "$work/digest.json"
}

for transport in udp tcp tls; do
    for attempt in 1 2 3; do
        read -r first_port _ < <(python3 "$interop/harness/sockets.py" free-range 4)
        verdict=0
        run_all "$transport" "$first_port" || verdict=$?
        if [ "$verdict" -ne 4 ]; then break; fi
        printf '%s: attempt %s is void: the host was late\n' "$transport" "$attempt"
    done
    if [ "$verdict" -ne 0 ]; then fail "$transport: the counts differ"; fi
done
