#!/usr/bin/env bash
# TLS handshakes of openssl move the octets that models/tls says, for each key, version, full and
# resumed; openssl's own count and a capture of the same handshakes agree.
#
#     tls.sh            the test
#     tls.sh --update   measures again and writes models/tls and data/measurements

time_limit_s=180
source "$(dirname "$0")/harness/harness.bash"
require_tools openssl dumpcap tshark python3 stdbuf

runs=3
if [ "${1:-}" = --update ]; then runs=15; fi

servers=12  # three keys, two versions, with and without a client certificate
read -r first_port last_port < <(python3 "$interop/harness/sockets.py" free-range "$servers")

start_capture "$first_port" "$last_port"
python3 "$interop/harness/tls_handshakes.py" "$work" "$runs" $(seq "$first_port" "$last_port") \
    >"$work/handshakes.json" || fail "the handshakes"
stop_capture
python3 "$interop/harness/compare_tls.py" --handshakes "$work/handshakes.json" \
    --capture "$work/capture.pcapng" --root "$SOURCE_DIR" "$@" ||
    fail "the handshakes are not what models/tls predicts"
