#!/bin/bash
# busyhour load rtp as its user meets it, on loopback: counts, codecs, an echo that loses packets, Ctrl-C, refusals.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1

# figure KEY...: a value of the last result.
figure() {
    python3 -c 'import json, sys
value = json.load(open("result"))
for key in sys.argv[1:]: value = value[key]
print(f"{value:g}" if isinstance(value, (int, float)) else value)' "$@"
}

# talks ARGUMENT...: a result; on a busy host its times may be void (4).
talks() {
    run load rtp "$@" --out json=result
    [ "$code" = 0 ] || [ "$code" = 4 ] || fail "$*: exit $code"
}
# is WANTED KEY...: the value of the last result.
is() {
    local wanted=$1
    shift
    [ "$(figure "$@")" = "$wanted" ] || fail "$*: $(figure "$@") instead of $wanted"
}

# From end to end: 10 calls x 2 directions x 0.5 s / 20 ms, of 160 + 12 + 28 octets each.
talks udp:127.0.0.1:0 --calls 10 --duration-s 0.5 --seed 1
is 1000 offered_per_s
is 1000 predicted rtp_packets_per_s
is 1000 achieved_per_s
is 500 packets received packets
is 80000 packets payload_octets_received
is 86000 packets received udp_octets
is 100000 packets sent ip_octets
is 200 predicted ip_packet_octets
is 250 caller_to_callee received packets
for key in lost out_of_order duplicates corrupt refused; do is 0 packets "$key"; done
is 0 foreign
is 32 sockets
rtcp=$(figure packets rtcp_sent packets)
[ "$rtcp" -ge 20 ] || fail "20 ends say goodbye, not $rtcp"
is "$rtcp" packets rtcp_received packets
python3 -c 'import sys; sys.exit(not 4.3 < float(sys.argv[1]) < 4.5)' "$(figure mos mean)" ||
    fail "PCMU without loss has a MOS of $(figure mos mean)"

talks udp:127.0.0.1:0 --calls 4 --duration-s 0.4 --encryption sdes --rtcp-mux --sockets 1
is 160 packets received packets
is 29120 packets received udp_octets # 10 octets of SRTP more: rfc3711
is 0 packets refused
is 2 sockets
talks udp:127.0.0.1:0 --calls 4 --duration-s 0.4 --codec g729 --ptime-ms 40 --rtcp none --one-way
is 40 packets received packets
is 1600 packets payload_octets_received
is 0 packets rtcp_sent packets
is 0 callee_to_caller sent packets
is 100 predicted rtp_packets_per_s
talks udp:127.0.0.1:0 --calls 10 --duration-s 1 --dtx --sockets 0
is 0 packets lost
[ "$(figure packets sent packets)" -lt 1000 ] || fail "silence suppression sends less"
talks 'udp:[::1]:0' --calls 2 --duration-s 0.2
is 8800 packets sent ip_octets # 40 packets of 160 + 12 + 48 octets

run load rtp udp:127.0.0.1:0 --calls 2 --duration-s 0.2 --out csv=result.csv --out md=result.md
grep -q '^  received.packets  *20  *20  *40$' stdout || fail "no packets in the text"
grep -q $'^packets.received.packets,40\r$' result.csv || fail "no packets in the CSV"
grep -q '^| received.packets | 20 | 20 | 40 |$' result.md || fail "no packets in the Markdown"

# An echo of RTP that loses each tenth packet, and sends one in a hundred twice.
mkfifo told
timeout 60 python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('127.0.0.1', 0))
print(s.getsockname()[1], flush=True)
number = 0
while True:
    data, source = s.recvfrom(2000)
    number += 1
    for copy in range(0 if number % 10 == 0 else 2 if number % 100 == 1 else 1):
        s.sendto(data, source)" >told &
echo_server=$!
exec 3<told
read -r port <&3
talks "udp:127.0.0.1:$port" --calls 5 --duration-s 1 --rtcp none
is 500 packets sent packets
is 450 packets received packets
is 50 packets lost
is 0.1 packets loss_fraction
is 5 packets duplicates
kill "$echo_server"
exec 3<&-

# Ctrl-C: a partial result.
timeout -s KILL 30 "$BUSYHOUR" load rtp udp:127.0.0.1:0 --calls 2 --duration-s 100 \
    --out json=result >out 2>err &
load=$!
until child=$(pgrep -P "$load") && grep -q 'State:.*S' "/proc/$child/status"; do :; done
sleep 0.5
kill -INT "$child"
code=0
wait "$load" || code=$?
exits 130 "Ctrl-C"
is interrupted void
[ "$(figure packets sent packets)" -gt 0 ] || fail "Ctrl-C: nothing was sent before"

# refused WORDS ARGUMENT...: exit 2, and the message has the words.
refused() {
    local words=$1
    shift
    run load "$@"
    exits 2 "$*"
    says "$words" "$*"
}
refused 'has no use for it' rtp udp:127.0.0.1:0 --users 5
refused 'only the flow rtp has it' register udp:127.0.0.1:5060 --calls 5
refused 'ng:IP:PORT' rtp tcp:127.0.0.1:5060
refused 'ng:IP:PORT' rtp ng:127.0.0.1:0
refused 'whole numbers' rtp udp:127.0.0.1:0 --calls 0
refused 'no such choice' rtp udp:127.0.0.1:0 --encryption dtls
refused 'a target ng:IP:PORT' rtp udp:127.0.0.1:0 --encryption caller
refused 'a target ng:IP:PORT' rtp udp:127.0.0.1:4000 --encryption caller
refused 'known: AES_CM_128_HMAC_SHA1_80' rtp udp:127.0.0.1:0 --encryption sdes --srtp-suite F8
refused 'did you mean "AEAD_AES_128_GCM"?' rtp udp:127.0.0.1:0 --encryption sdes --srtp-suite aead_aes_128_gcm
refused 'add --encryption sdes' rtp udp:127.0.0.1:0 --srtp-suite AEAD_AES_128_GCM
for ptime_ms in 0 -20 nan 0.1 1000; do
    refused "--ptime-ms: PCMU at 64000 bit/s makes no packets of $ptime_ms ms; legal: " \
        rtp udp:127.0.0.1:0 --ptime-ms "$ptime_ms"
done
refused '--bit-rate-bits-per-s: opus has no rate of 1 bit/s; legal: ' rtp udp:127.0.0.1:0 --codec opus --bit-rate-bits-per-s 1
refused '--codec: unknown codec "telephone-event"' rtp udp:127.0.0.1:0 --codec telephone-event
refused '--calls: 20001' rtp udp:127.0.0.1:0 --calls 20001
refused '--duration-s: 0' rtp udp:127.0.0.1:0 --duration-s 0
refused 'fewer --calls or a shorter time' rtp udp:127.0.0.1:0 --calls 20000 --duration-s 86400
refused '--sockets: 257' rtp udp:127.0.0.1:0 --sockets 257
refused '--pid: there is no process 0' rtp udp:127.0.0.1:0 --pid 0
refused 'another IP version' rtp udp:127.0.0.1:0 --source ::1
refused 'for example 127.0.0.2' rtp udp:127.0.0.1:0 --source nowhere
refused '--media: the flow rtp has no use for it' rtp udp:127.0.0.1:0 --media
refused 'did you mean' rtp udp:127.0.0.1:0 --codec PCMW
refused 'ptime' rtp udp:127.0.0.1:0 --codec g729 --ptime-ms 15
refused '6 errors' rtp localhost --calls 1.5 --rtcp share5 --codec PCMW --pid 0 --gather-ms 2
refused 'given up for want of media' rtp ng:127.0.0.1:9 --calls 10000 --rate-per-s 100
run load rtp ng:127.0.0.1:9 --calls 2
exits 1 "no rtpengine there"
says 'no rtpengine answers' "no rtpengine there"
finish
