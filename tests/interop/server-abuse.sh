#!/usr/bin/env bash
# Our own server among peers that send garbage, nothing, too slowly, without an end, or die in the
# middle of a call: users who behave see no failure, and its memory stays bounded.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools sipp python3
require_program

attack_s=6
growth_max_kib=32768  # of resident memory, from before the abuse to its end

read -r port tls_port caller_port callee_port < <(free_ports 4)
attacks=() users=() calls=()

resident_kib() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$server/status"; }

# has_connections N: the server has at least so many sockets.
has_connections() { [ "$(find "/proc/$server/fd" -lname 'socket:*' | wc -l)" -ge "$1" ]; }

# good NAME FLOW TRANSPORT PORT SECONDS: users of the domain NAME.example; sets started.
good() {
    start "$1" "$BUSYHOUR" load "$2" "$3:127.0.0.1:$4" --domain "$1.example" --users 50 \
        --rate-per-s 50 --duration-s "$5" --hold-s 0.2 --out "json=$work/$1.json"
}

# expect_good NAME: none of its sessions failed. Its times may be void.
expect_good() {
    printf '%-14s offered %4d  failed %4d  sent again %4d\n' "$1" "$(figure "$1" offered)" \
        "$(figure "$1" failed)" "$(figure "$1" retransmissions)"
    [ "$(figure "$1" offered)" -gt 0 ] || fail "$1 offered nothing"
    [ "$(figure "$1" failed)" = 0 ] || fail "$1: sessions failed"
}

# expect_ended ATTACK: every connection of it was ended by the server.
expect_ended() {
    grep -Eq '^[a-z]+: ([0-9]+) connections,.* \1 ended' "$work/$1.log" ||
        fail "$1: the server keeps its connections"
}

# call_and_die TRANSPORT: SIPp calls SIPp; both are killed while calls are set up and held.
call_and_die() {
    transport=$1
    local scenario
    for scenario in uas uac; do
        if [ $scenario = uac ]; then
            wait_until 10 port_is_bound "$callee_port" "$transport" || fail "no callee"
            wait_until 10 python3 "$interop/harness/sockets.py" register "$port" callee \
                "$callee_port" "$transport" || fail "the callee cannot register"
            sipp_agent "$1-uac" call-uac 5000 -t "${1::1}1" -r 50 -p "$caller_port" \
                "127.0.0.1:$port"
        else
            sipp_agent "$1-uas" call-uas 5000 -t "${1::1}1" -p "$callee_port" -trace_msg \
                -message_file "$work/$1-messages"
        fi
        start "$1-$scenario" "${sipp_command[@]}"
        calls+=("$started")
    done
    wait_until 10 grep -aq '^BYE' "$work/$1-messages" || fail "SIPp's calls do not come through"
    kill_at_once "${calls[@]}"
    calls=()
    printf 'SIPp over %s: killed in mid-call\n' "$1"
}

domains=()
for kind in udp tcp tls; do
    for name in register call warm; do domains+=(--domain "$name-$kind.example"); done
done
# --- Silent connections, slow ones, garbage, crashes -------------------------------------------

start_server server "$port" "$tls_port" "${domains[@]}" --handshake-timeout-s 3 --first-message-timeout-s 3 \
    --message-timeout-s 3
server=$started

# What a server in use takes: the same users and flows as later.
for kind in udp tcp tls; do
    if [ $kind = tls ]; then at=$tls_port; else at=$port; fi
    good "warm-$kind" register $kind "$at" 1
    wait "$started" || [ $? = 4 ] || fail "warm-$kind ended with $?"
done
before_kib=$(resident_kib)

for kind in udp tcp tls; do
    if [ $kind = tls ]; then at=$tls_port; else at=$port; fi
    good "register-$kind" register $kind "$at" "$((attack_s + 2))"
    users+=("$started")
    good "call-$kind" call $kind "$at" "$((attack_s + 2))"
    users+=("$started")
done
wait_until 20 has_connections 200 || fail "the users who behave are not connected"
for attack in garbage idle slow endless unread handshakes; do
    if [ $attack = handshakes ]; then at=$tls_port; else at=$port; fi
    start $attack python3 "$interop/harness/abuse.py" $attack "$at" "$attack_s"
    attacks+=("$started")
done
call_and_die udp
call_and_die tcp
most_kib=$(resident_kib)
for id in "${attacks[@]}"; do
    while is_running "$id"; do
        now_kib=$(resident_kib)
        if [ "$now_kib" -gt "$most_kib" ]; then most_kib=$now_kib; fi
        sleep 0.1
    done
    wait "$id" || fail "an attack ended with $?"
done
for id in "${users[@]}"; do wait "$id" || [ $? = 4 ] || fail "a generator ended with $?"; done

for attack in garbage idle slow endless unread handshakes; do cat "$work/$attack.log"; done
for kind in udp tcp tls; do
    expect_good "register-$kind"
    expect_good "call-$kind"
done
for attack in idle slow endless unread handshakes; do expect_ended $attack; done
printf 'resident memory: %d KiB before, %d at most, %d after; %d more allowed\n' "$before_kib" \
    "$most_kib" "$(resident_kib)" "$growth_max_kib"
[ $((most_kib - before_kib)) -le $growth_max_kib ] || fail "the server's memory grows"

wait_until 5 kamailio_answers "$port" || fail "the server answers no OPTIONS any more"
end_server server "$server"
for key in 'connections timed_out' 'connections malformed' 'connections handshakes_failed' \
    'connections broken' 'counters malformed' 'counters dropped' \
    'dropped datagrams_by_the_system' 'dropped messages_by_the_core'; do
    read -r group name <<<"$key"
    printf '%-32s %6d\n' "$key" "$(figure server "$group" "$name")"
done
[ "$(figure server counters malformed)" -gt 0 ] || fail "no garbage was counted"
[ "$(figure server connections timed_out)" -gt 0 ] || fail "no slow connection was counted"

# --- Silent connections in every slot ----------------------------------------------------------

registers() {
    "$BUSYHOUR" load churn "tcp:127.0.0.1:$port" --users 1 --count 1 --rate-per-s 100 \
        --out "json=$work/one.json" >/dev/null 2>&1 || [ $? = 4 ]
    [ "$(figure one succeeded)" = 1 ]
}

start_server full "$port" "$tls_port" --connections-max 64
server=$started
start idle python3 "$interop/harness/abuse.py" idle "$port" 4
idle=$started
wait_until 10 has_connections 64 || fail "the silent connections do not take every slot"
# Nobody has to go in the first second.
wait_until 10 registers || fail "silent connections make no room"
start churn "$BUSYHOUR" load churn "tcp:127.0.0.1:$port" --users 100 --rate-per-s 30 \
    --duration-s 1 --out "json=$work/churn.json"
wait "$started" || [ $? = 4 ] || fail "churn ended with $?"
wait "$idle" || fail "an attack ended with $?"
expect_good churn
end_server full "$server"
printf 'connections: refused %d, evicted %d, at most %d\n' \
    "$(figure full connections refused_full)" "$(figure full connections evicted)" \
    "$(figure full connections open_most)"
[ "$(figure full connections open_most)" = 64 ] || fail "more connections than --connections-max"
[ "$(figure full connections evicted)" -gt 0 ] || fail "nobody made room"
