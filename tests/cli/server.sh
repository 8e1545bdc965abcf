#!/bin/bash
# busyhour server as its user meets it: starting, stopping, refusing. Skipped where there is no engine.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1

# start ARGUMENT...: the server in the background; then $pid, and $ready: its first line.
start() {
    rm -f told
    mkfifo told
    timeout 60 "$BUSYHOUR" server "$@" >summary 2>told &
    pid=$!
    exec 3<told
    read -r ready <&3
    checks=$((checks + 1))
}

# stops: SIGTERM ends it with 0 and a summary.
stops() {
    kill -TERM "$pid"
    code=0
    wait "$pid" || code=$?
    exec 3<&-
    [ "$code" = 0 ] || fail "the server ended with $code"
}

# figure KEY...: a number of the summary.
figure() {
    python3 -c 'import json, sys
value = json.load(open("summary"))
for key in sys.argv[1:]: value = value[key]
print(int(value))' "$@"
}

# exchange HOST PORT < REQUEST: the first line of the answer over TCP.
exchange() {
    exec 4<>"/dev/tcp/$1/$2"
    cat >&4
    IFS= read -r -t 10 line <&4
    exec 4>&-
    printf '%s' "${line%$'\r'}"
}

request() {
    printf '%s sip:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bK1;rport\r\n' "$1"
    printf 'Max-Forwards: 70\r\nFrom: <sip:alice@127.0.0.1>;tag=1\r\nTo: <sip:alice@127.0.0.1>\r\n'
    printf 'Call-ID: a\r\nCSeq: 1 %s\r\nContact: <sip:alice@127.0.0.1:5999>\r\n' "$1"
    printf 'Content-Length: 0\r\n\r\n'
}

start --listen udp:127.0.0.1:0 --listen tcp:127.0.0.1:0 --listen 'tls:[::1]:0'
[[ $ready =~ ^ready\ udp:127\.0\.0\.1:[1-9][0-9]*\ tcp:127\.0\.0\.1:([1-9][0-9]*)\ tls:\[::1\]:[1-9] ]] ||
    fail "ready line: $ready"
port=${BASH_REMATCH[1]}
answer=$(request REGISTER | exchange 127.0.0.1 "$port")
[ "$answer" = "SIP/2.0 200 OK" ] || fail "REGISTER: $answer"
run server --listen "tcp:127.0.0.1:$port"
exits 1 "a port in use"
grep -q "cannot listen on tcp:127.0.0.1:$port" stderr || fail "it does not say which port is in use"
run server --listen "tcp:127.0.0.1:$port" --workers 2
exits 1 "a port in use that two workers would share"
stops
[ "$(figure messages in tcp REGISTER request)" = 1 ] || fail "one REGISTER came in"
[ "$(figure messages out tcp REGISTER 2xx)" = 1 ] || fail "one 200 went out"
[ "$(figure bindings)" = 1 ] || fail "there is one binding"

start --listen tcp:127.0.0.1:0 --workers 2 --format text
stops
grep -q '^SUMMARY' summary || fail "no text summary"

printf 'user,password\nalice,secret\n' >users.csv
start --listen tcp:127.0.0.1:0 --authentication digest --users users.csv
answer=$(request REGISTER | exchange 127.0.0.1 "${ready##*:}")
[ "$answer" = "SIP/2.0 401 Unauthorized" ] || fail "REGISTER with digest: $answer"
stops
for digest in md5,sha256 sha256,md5 sha256; do
    start --listen udp:127.0.0.1:0 --authentication digest --users users.csv --digest "$digest"
    run load register-digest "udp:127.0.0.1:${ready##*:}" --users users.csv --count 1 --rate-per-s 100 \
        --format json
    [ "$code" = 0 ] || [ "$code" = 4 ] || fail "register-digest with --digest $digest: exit $code"
    grep -q '"succeeded": 1,' stdout || fail "register-digest with --digest $digest does not succeed"
    stops
done

# refused WORDS ARGUMENT...: exit 2, and the message has the words.
refused() {
    local words=$1
    shift
    run server "$@"
    exits 2 "$*"
    grep -qF -- "$words" stderr || fail "$*: no \"$words\""
}
refused 'udp:127.0.0.1:5060'
refused 'e.g. udp:127.0.0.1:5060' --listen localhost
refused 'from 1 to 256' --listen udp:127.0.0.1:0 --workers 0
refused 'e.g. 0 or 0,2-3' --listen udp:127.0.0.1:0 --cpu 3-1
refused 'columns user and password' --listen udp:127.0.0.1:0 --authentication digest
refused 'add --authentication digest' --listen udp:127.0.0.1:0 --users users.csv
refused 'md5' --listen udp:127.0.0.1:0 --digest md4
refused 'rsa-2048' --listen tls:127.0.0.1:0 --tls-key rsa
refused 'add --certificate' --listen tls:127.0.0.1:0 --key k.pem
refused 'from 60 to' --listen udp:127.0.0.1:0 --expires-default-s 10
refused 'no format' --listen udp:127.0.0.1:0 --format xml
refused 'server --help' --listen udp:127.0.0.1:0 --workers many
refused '2 errors' --listen nowhere --workers 1000
printf 'name,password\nalice,secret\n' >wrong.csv
refused 'user,password' --listen udp:127.0.0.1:0 --authentication digest --users wrong.csv
run server --listen tls:127.0.0.1:0 --certificate missing.pem
exits 1 "a certificate that is not there"
finish
