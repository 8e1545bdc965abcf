#!/bin/bash
# The media relay of busyhour server as its user meets it: what it refuses, and calls that talk through it.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1

# refused PLACE REMEDY ARGUMENT...: a server with a relay and those arguments is refused with 2.
refused() {
    local place=$1 remedy=$2
    shift 2
    run server --listen udp:127.0.0.1:0 "$@"
    exits 2 "$*"
    says "$place:" "$*"
    says "$remedy" "$*"
    is_silent "$*"
}
relay=(--media-relay 127.0.0.1)
for address in "" localhost 0.0.0.0 :: 127.0.0.1:5000 224.0.0.1 ff02::1; do
    refused --media-relay "one of this host" --media-relay "$address"
done
for ports in x 20000 20000-20002 20001-20003 20010-20000 500-600 60000-70000 65535-65535 20000-20010x; do
    refused --media-ports "e.g. 10000-59999" "${relay[@]}" --media-ports "$ports"
done
refused --media-max "from 1 to 100000" "${relay[@]}" --media-max 0
refused --media-max "2 or less" "${relay[@]}" --media-max 3 --media-ports 20001-20010
refused --media-workers "from 1 to 256" "${relay[@]}" --media-workers 0
refused --media-workers "from 1 to 256" "${relay[@]}" --media-workers 257
refused --media-cpu "e.g. 0 or 0,2-3" "${relay[@]}" --media-cpu 0-
for silence_s in 0 -1 nan 86401; do
    refused --media-silence-s "from 1 to 86400" "${relay[@]}" --media-silence-s "$silence_s"
done
refused --media-encryption 'known: same, none, sdes' "${relay[@]}" --media-encryption dtls
refused --media-encryption 'did you mean "sdes"?' "${relay[@]}" --media-encryption sdse
refused --media-recorder "e.g. udp:127.0.0.1:2223" "${relay[@]}" --media-recorder tcp:127.0.0.1:5000
refused --media-recorder "listens on" "${relay[@]}" --media-recorder udp:127.0.0.1:0
refused --media-recorder "of the same one" "${relay[@]}" --media-recorder 'udp:[::1]:5000'
refused --ng "e.g. udp:127.0.0.1:2223" "${relay[@]}" --ng 127.0.0.1:2223
for option in "--media-ports 20000-20010" "--media-max 10000" "--media-workers 2" "--media-cpu 0" \
    "--media-silence-s 60" "--media-encryption none" "--media-recorder udp:127.0.0.1:5000" \
    "--ng udp:127.0.0.1:0"; do
    # shellcheck disable=SC2086  # an option and its value
    refused "${option%% *}" "add --media-relay IP" $option
done
run server --listen udp:127.0.0.1:0 --media-relay localhost --media-ports x --media-max 0 \
    --media-workers 0 --media-cpu x --media-silence-s 0 --media-encryption x \
    --media-recorder x --ng x --workers 0
exits 2 "ten faults"
for place in --media-relay --media-ports --media-max --media-workers --media-cpu \
    --media-silence-s --media-encryption --media-recorder --ng --workers "busyhour: 10 errors"; do
    says "$place" "ten faults at once"
done
run server --listen udp:127.0.0.1:0 --media-relay 192.0.2.5
exits 1 "a relay at an address that is not this host's"
says "no media ports at 192.0.2.5" "a relay at an address that is not this host's"

# start ARGUMENT...: the server in the background; then $pid, and $ready: its first line.
start() {
    rm -f told
    mkfifo told
    timeout 60 "$BUSYHOUR" server --listen udp:127.0.0.1:0 "${relay[@]}" "$@" >summary 2>told &
    pid=$!
    exec 3<told
    read -r ready <&3
}
stops() {
    kill -TERM "$pid"
    code=0
    wait "$pid" || code=$?
    exec 3<&-
    [ "$code" = 0 ] || fail "the server ended with $code"
}
# is FILE WANTED KEY...: the value of a result.
is() {
    local file=$1 wanted=$2 found
    shift 2
    found=$(python3 -c 'import json, sys
value = json.load(open(sys.argv[1]))
for key in sys.argv[2:]: value = value[key]
print(f"{value:g}" if isinstance(value, (int, float)) else value)' "$file" "$@")
    [ "$found" = "$wanted" ] || fail "$*: $found instead of $wanted"
}
# calls ARGUMENT...: calls with media; on a busy host their times may be void (4).
calls() {
    run load call "${ready#ready }" --media --users 4 --arrivals regular --rate-per-s 20 "$@" \
        --out json=result --out csv=result.csv --out md=result.md
    [ "$code" = 0 ] || [ "$code" = 4 ] || fail "load call --media $*: exit $code"
}

start --media-workers 2 --ng udp:127.0.0.1:0 --format text --out json=summary.json
[[ $ready =~ ^ready\ (udp:127\.0\.0\.1:[1-9][0-9]*)\ (ng:127\.0\.0\.1:[1-9][0-9]*)$ ]] || fail "ready line: $ready"
ng=${BASH_REMATCH[2]}
ready=${BASH_REMATCH[1]}
# 4 calls of 0.4 s, 160 + 12 octets each 20 ms in both directions.
calls --count 4 --hold-s 0.4
grep -q '^  media: [0-9]* RTP packets sent, [0-9]* received, 0 lost' stdout || fail "no media in the text"
grep -q $'^media.calls,4\r$' result.csv || fail "no media in the CSV"
grep -q '^media: [0-9]* RTP packets sent' result.md || fail "no media in the Markdown"
is result 4 succeeded
is result 4 media calls
for key in deaf_ends undescribed_ends lost duplicates corrupt stray send_failures; do
    is result 0 media "$key"
done
python3 -c 'import json, sys
media = json.load(open("result"))["media"]
sent = media["rtp_sent"]  # each end begins and ends at once with the call, so within a packet or two
sys.exit(not (152 <= sent and media["rtp_received"] == sent and media["udp_octets_received"] == 172 * sent))' ||
    fail "4 calls of 0.4 s send 20 packets of 172 octets an end: $(grep -A8 '"media"' result)"
# A key of its own on each side, and RTCP beside RTP.
run load rtp "$ng" --calls 2 --duration-s 0.3 --encryption caller --rtcp-mux --seed 1 \
    --out json=result --out csv=result.csv --out md=result.md
[ "$code" = 0 ] || [ "$code" = 4 ] || fail "load rtp by ng: exit $code"
is result 2 succeeded
is result 60 packets sent packets
is result 60 packets received packets
is result 0 packets lost
is result 0 packets corrupt
is result 5160 callee_to_caller sent udp_octets # 30 of 172 octets
is result 5460 caller_to_callee sent udp_octets # 30 of 182: rfc3711
grep -q $'^packets.received.packets,60\r$' result.csv || fail "no packets in the CSV of load rtp"
grep -q '^| received.packets | 30 | 30 | 60 |$' result.md || fail "no packets in the Markdown of load rtp"
is result None relay rtp # it tells no totals
# Calls that nobody takes leave nothing at the relay: they never talk.
for flow in busy cancel; do
    run load "call-$flow" "${ready#ready }" --users 4 --count 2 --rate-per-s 20 --out json=result
    is result 2 succeeded
done
stops
grep -q '^SUMMARY' summary || fail "no text summary"
is summary.json 10 media calls_opened
is summary.json 10 media calls_ended
is summary.json 0 media media_silent
is summary.json 0 media dropped foreign_source
is summary.json 0 media ng_refused

# Room for one medium: the second call at the same time gets 503.
start --media-ports 23000-23003 --media-max 1
ready=${ready#ready }
calls --count 2 --hold-s 1
[ "$(python3 -c 'import json; print(json.load(open("result"))["responses_received"].get("503"))')" = 1 ] ||
    fail "the second of two calls by a relay with room for one gets a 503"
stops
is summary 1 media calls_opened
is summary 1 media calls_refused
is summary 0 media media_silent

# refused_load PLACE REMEDY ARGUMENT...
refused_load() {
    local place=$1 remedy=$2
    shift 2
    run load "$@"
    exits 2 "$*"
    says "$place:" "$*"
    says "$remedy" "$*"
    is_silent "$*"
}
target=udp:127.0.0.1:9
for flow in register options message "call --callee bob@127.0.0.1"; do
    # shellcheck disable=SC2086  # a flow and an option
    refused_load --media "without --callee" ${flow%% *} "$target" --media ${flow#"${flow%% *}"}
done
for option in "--encryption sdes" "--calls 5" "--srtp-suite AEAD_AES_128_GCM" "--dtx" "--one-way" "--pid 1"; do
    # shellcheck disable=SC2086  # an option and its value
    refused_load "${option%% *}" "leave it out" call "$target" --media $option
done
for option in "--codec PCMA" "--ptime-ms 20" "--bit-rate-bits-per-s 64000" "--rtcp none" "--rtcp-mux"; do
    # shellcheck disable=SC2086  # an option and its value
    refused_load "${option%% *}" "add --media" call "$target" $option
done
refused_load --codec 'did you mean "PCMA"?' call "$target" --media --codec PCMW
refused_load --ptime-ms "legal: " call "$target" --media --codec g729 --ptime-ms 15
refused_load --bit-rate-bits-per-s "legal: " call "$target" --media --bit-rate-bits-per-s 8000
refused_load --rtcp "known: rfc3550, none" call "$target" --media --rtcp share5
refused_load --media "8,000 calls" call "$target" --media --sessions 9000
refused_load --media "8,000 calls" call "$target" --media --rate-per-s 1000 --hold-s 10
refused_load --media "8,000 calls" call "$target" --media --steps-per-s 10,1000 --hold-s 10
run load call "$target" --media --codec PCMW --rtcp share5 --rate-per-s 0 --users 1
exits 2 "four faults"
for place in "busyhour: 4 errors" --codec --rtcp --rate-per-s --users; do says "$place" "four faults"; done
finish
