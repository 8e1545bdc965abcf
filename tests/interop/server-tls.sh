#!/usr/bin/env bash
# openssl connects to our own server: TLS 1.2 and 1.3, sessions resumed, clients with a certificate.

time_limit_s=60
source "$(dirname "$0")/harness/harness.bash"
require_tools openssl python3
require_program

# connect NAME PORT OPTION...: s_client, until the server's first octets; its exit code.
connect() {
    local name=$1 port=$2
    shift 2
    timeout 10 openssl s_client -connect "127.0.0.1:$port" "$@" >"$work/$name.log" 2>&1
}

# options_over NAME PORT OPTION...: an OPTIONS request over TLS, answered; the connection stays open
# until the answer has come, since only then has a ticket come too.
options_over() {
    local name=$1 port=$2
    shift 2
    timeout 10 openssl s_client -connect "127.0.0.1:$port" -ign_eof "$@" \
        < <(options_request "$port") >"$work/$name.log" 2>&1 &
    local client=$!
    wait_until 5 grep -q '^SIP/2.0 200 ' "$work/$name.log" || fail "$name: OPTIONS without a 200"
    kill "$client" 2>/dev/null || true
    wait "$client" 2>/dev/null || true
}

options_request() {
    printf '%s\r\n' "OPTIONS sip:127.0.0.1:$1;transport=tls SIP/2.0" \
        'Via: SIP/2.0/TLS 127.0.0.1:5999;branch=z9hG4bK-interop;rport' 'Max-Forwards: 70' \
        'From: <sip:caller@127.0.0.1>;tag=1' "To: <sip:127.0.0.1:$1>" 'Call-ID: interop' \
        'CSeq: 1 OPTIONS' 'Content-Length: 0' ''
}

# told NAME WORDS: s_client said so.
told() { grep -q "$2" "$work/$1.log" || fail "$1: openssl does not say \"$2\""; }

read -r port tls_port mutual_port mutual_tls < <(free_ports 4)
make_certificate server
make_certificate client
make_certificate stranger

start_server open "$port" "$tls_port" --certificate "$work/server.pem" \
    --key "$work/server-key.pem"
open=$started
for version in 1.2 1.3; do
    flag=-tls${version/./_}
    options_over "full-$version" "$tls_port" "$flag" -CAfile "$work/server.pem" \
        -verify_return_error -verify_ip 127.0.0.1 -sess_out "$work/session-$version"
    told "full-$version" "^New, TLSv$version"
    told "full-$version" '^ *Verify return code: 0 (ok)'
    options_over "resumed-$version" "$tls_port" "$flag" -sess_in "$work/session-$version"
    told "resumed-$version" "^Reused, TLSv$version"
    printf 'TLS %s: OPTIONS answered after a full and a resumed handshake\n' "$version"
done
end_server open "$open"
for kind in full resumed; do
    printf '  handshakes %-8s expected %d  counted %d\n' "$kind" 2 \
        "$(figure open connections "handshakes_$kind")"
    [ "$(figure open connections "handshakes_$kind")" = 2 ] || fail "handshakes $kind: not 2"
done

start_server mutual "$mutual_port" "$mutual_tls" --client-ca "$work/client.pem"
mutual=$started
for version in 1.2 1.3; do
    flag=-tls${version/./_}
    options_over "known-$version" "$mutual_tls" "$flag" -cert "$work/client.pem" \
        -key "$work/client-key.pem"
    # TLS 1.3 refuses after the client has finished: its next read fails.
    if connect "none-$version" "$mutual_tls" "$flag" -ign_eof </dev/null; then
        fail "TLS $version: no certificate, and yet a connection"
    fi
    told "none-$version" 'alert .*certificate required\|handshake failure'
    if connect "stranger-$version" "$mutual_tls" "$flag" -ign_eof -cert "$work/stranger.pem" \
        -key "$work/stranger-key.pem" </dev/null; then
        fail "TLS $version: a stranger's certificate, and yet a connection"
    fi
    told "stranger-$version" 'alert .*unknown ca'
    printf 'mutual TLS %s: a known client is served, none and a stranger are refused\n' "$version"
done
end_server mutual "$mutual"
printf '  handshakes failed   expected 4  counted %d\n' \
    "$(figure mutual connections handshakes_failed)"
[ "$(figure mutual connections handshakes_failed)" = 4 ] || fail "handshakes failed: not 4"
