#!/usr/bin/env bash
# SRTP of the engine and of a real rtpengine understand each other, in each suite, with keys by SDES
# and by DTLS in both roles.

time_limit_s=120
source "$(dirname "$0")/harness/harness.bash"
require_tools rtpengine python3
[ -x "${SRTP_PEER:-}" ] || fail "SRTP_PEER does not name the program of harness/srtp_peer.cpp"

read -r ng_port < <(free_ports 1)
read -r first_port last_port < <(python3 "$interop/harness/sockets.py" free-range 64)
start rtpengine rtpengine --config-file=none --foreground --log-stderr --log-level=5 --table=-1 \
    --interface=127.0.0.1 --listen-ng="127.0.0.1:$ng_port" --num-threads=2 \
    --port-min="$first_port" --port-max="$last_port" --pidfile="$work/rtpengine.pid"
wait_until 20 port_is_bound "$ng_port" || fail "rtpengine does not listen on port $ng_port"

"$SRTP_PEER" "$ng_port" || fail "rtpengine and the engine do not understand each other"
