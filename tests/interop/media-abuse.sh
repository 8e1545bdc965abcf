#!/usr/bin/env bash
# Strangers at the ports of our media relay, while calls ring and talk: nothing of theirs comes to an
# end, no packet of a call is lost, all of it is counted, and the server's memory stays bounded.

time_limit_s=150
source "$(dirname "$0")/harness/harness.bash"
require_tools python3
require_program

calls=20
growth_max_kib=16384  # of resident memory

resident_kib() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$server/status"; }

# system_drops: datagrams that sockets of this host had no room for.
system_drops() { awk '/^Udp: [0-9]/ { print $6 }' /proc/net/snmp; }

# abuse NAME FLOW TARGET STRANGERS OPTION...: calls among strangers, at a server of its own.
abuse() {
    local name=$1 flow=$2 target=$3 strangers=$4 code=0 before_kib most_kib now_kib
    shift 4
    read -r port tls_port ng_port < <(free_ports 3)
    read -r first_port last_port < <(python3 "$interop/harness/sockets.py" free-range 120)
    start_server server "$port" "$tls_port" --media-relay 127.0.0.1 --media-workers 2 \
        --media-ports "$first_port-$last_port" --ng "udp:127.0.0.1:$ng_port"
    server=$started
    before_kib=$(resident_kib)
    most_kib=$before_kib
    drops=$(system_drops)
    target=${target/NG/$ng_port}
    start load "$BUSYHOUR" load "$flow" "${target/PORT/$port}" --out "json=$work/result.json" "$@"
    load=$started
    # shellcheck disable=SC2086  # options
    python3 "$interop/harness/media_abuse.py" "$first_port" "$last_port" $strangers \
        >"$work/strangers.json" 2>"$work/strangers.log" || fail "$name: the strangers failed"
    while is_running "$load"; do
        now_kib=$(resident_kib)
        if [ "$now_kib" -gt "$most_kib" ]; then most_kib=$now_kib; fi
        sleep 0.1
    done
    wait "$load" || code=$?
    if [ "$code" -ne 0 ] && [ "$code" -ne 4 ]; then fail "$name: busyhour load ended with $code"; fi
    drops=$(($(system_drops) - drops))
    wait_until 5 kamailio_answers "$port" || fail "$name: the server answers no OPTIONS any more"
    end_server server "$server"
    code=0
    python3 "$interop/harness/compare_media.py" --name "$name" --result "$work/result.json" \
        --summary "$work/server.json" || code=$?
    if [ "$code" -ne 0 ]; then return "$code"; fi
    printf '  resident memory: %d KiB before, %d at most; %d more allowed\n' "$before_kib" \
        "$most_kib" "$growth_max_kib"
    [ $((most_kib - before_kib)) -le $growth_max_kib ] || fail "$name: the server's memory grows"
}

# dropped: by the relay, for whatever reason.
dropped() {
    local reason sum=0
    for reason in not_media oversized not_described learning foreign_source unknown_far_end \
        not_authentic replayed srtp_failure; do
        sum=$((sum + $(figure server media dropped "$reason")))
    done
    echo "$sum"
}

# expect_reasons REASON...: the relay dropped for each of them.
expect_reasons() {
    local reason
    for reason in "$@"; do
        printf '  dropped, %-16s %6d\n' "$reason" "$(figure server media dropped "$reason")"
        [ "$(figure server media dropped "$reason")" -gt 0 ] || fail "nothing was dropped: $reason"
    done
}

# expect NAME ...: as abuse; a void run is repeated at most twice.
expect() {
    local attempt verdict
    for attempt in 1 2 3; do
        verdict=0
        abuse "$@" || verdict=$?
        if [ "$verdict" -ne 4 ]; then break; fi
        printf '%s: attempt %s is void\n' "$1" "$attempt"
    done
    if [ "$verdict" -ne 0 ]; then fail "$1: the strangers disturb the calls"; fi
    printf '  strangers sent %d while calls rang, %d while %d legs talked; the relay dropped %d\n' \
        "$(figure strangers ringing)" "$(figure strangers disturbing)" \
        "$(figure strangers legs)" "$(dropped)"
    [ "$(figure strangers legs)" = $((2 * calls)) ] || fail "$1: the strangers did not hear all legs"
    [ "$(figure server media packets_in)" = "$(figure server media packets_out)" ] ||
        fail "$1: the relay sends other than it takes"
    [ "$(figure server media ssrc_changes)" = 0 ] || fail "$1: a leg takes another SSRC"
}

# Ringing for longer than the relay lets an announced end take its leg back.
expect ringing call "udp:127.0.0.1:PORT" "7 --ringing-s 1 --spoof" --media --users 40 \
    --count $calls --rate-per-s 40 --arrivals regular --ring-s 4.5 --hold-s 4
expect_reasons not_media oversized learning foreign_source
[ "$(dropped)" -ge "$(figure strangers disturbing)" ] || fail "ringing: not all was counted"

expect SRTP rtp "ng:127.0.0.1:NG" "4 --spoof" --calls $calls --duration-s 6 --encryption caller
expect_reasons not_media oversized foreign_source not_authentic replayed
printf '  the system dropped %d datagrams\n' "$drops"
[ $(($(dropped) + drops)) = "$(figure strangers disturbing)" ] || fail "SRTP: not all was counted"
