#!/bin/bash
# busyhour load as its user meets it: how much is offered, whose users, Ctrl-C, refusals.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1

mkfifo told
timeout 60 "$BUSYHOUR" server --listen udp:127.0.0.1:0 >summary 2>told &
server=$!
exec 3<told
read -r ready <&3
target=${ready#ready }

# figure KEY...: a number of the last result.
figure() {
    python3 -c 'import json, sys
value = json.load(open("result"))
for key in sys.argv[1:]: value = value[key]
print(round(value, 3))' "$@"
}

# offers ARGUMENT...: a result with no failure; on a busy host its times may be void (4).
offers() {
    run load "$@" --out json=result
    [ "$code" = 0 ] || [ "$code" = 4 ] || fail "$*: exit $code: $(cat stderr)"
    [ "$(figure failed)" = 0 ] || fail "$*: failed $(figure failed)"
}

offers register "$target" --count 5 --rate-per-s 100 --duration-s 3600 --arrivals regular
[ "$(figure offered) $(figure duration_s)" = "5 0.05" ] || fail "--count 5 ends after 5 of 100/s"
offers register "$target" --rate-per-s 50 --ramp-to-per-s 150 --duration-s 0.4 --arrivals regular
[ "$(figure offered)" = 40 ] || fail "a ramp from 50/s to 150/s in 0.4 s is 40"
offers register "$target" --steps-per-s 50,100,150 --duration-s 0.6 --arrivals regular
[ "$(figure offered)" = 60 ] || fail "steps of 50/s to 150/s, each 0.2 s, are 60"

printf 'user,password,domain\nalice,a,a.example\nbob,b\n' >users.csv
offers message "$target" --users users.csv --count 4 --rate-per-s 50 --arrivals regular
[ "$(figure users) $(figure succeeded)" = "2 4" ] || fail "two users of a file send 4 messages"
printf 'alice,a\n<bob>,b\ncarol,c,example.com,d\n' >wrong.csv
run load register "$target" --users wrong.csv
exits 2 "rows that are no users"
grep -q '^  wrong.csv:2: ' stderr && grep -q '^  wrong.csv:3: ' stderr || fail "not each row is told"

run load call "$target" --callee nobody@example.com --count 3 --rate-per-s 50 --out json=result
[ "$(figure refused) $(figure responses_received 404)" = "3 3" ] || fail "--callee: nobody is 404"

# interrupted SINK ARGUMENT...: Ctrl-C once the sink (a line of Python that waits for something to
# arrive at its socket) has met it.
interrupted() {
    local sink=$1
    shift
    rm -f sink && mkfifo sink
    timeout 60 python3 -c "import socket
s = socket.socket(socket.AF_INET, socket.SOCK_$sink)
s.bind(('127.0.0.1', 0))
if '$sink' == 'STREAM': s.listen()
print(s.getsockname()[1], flush=True)
s.accept() if '$sink' == 'STREAM' else s.recv(2000)
print('met', flush=True)
__import__('time').sleep(60)" >sink &
    local listener=$! port met
    exec 4<sink
    read -r port <&4
    timeout -s KILL 30 "$BUSYHOUR" load register "${@/PORT/$port}" --out json=result >out 2>err &
    local load=$!
    read -r met <&4
    kill -INT "$(pgrep -P "$load")"
    code=0
    wait "$load" || code=$?
    kill "$listener"
    exec 4<&-
    [ "$met" = met ] || fail "nothing arrived at the sink"
    exits 130 "Ctrl-C: $*"
    [ "$(figure failed)" = 0 ] || fail "Ctrl-C: what was cut off did not fail"
}
interrupted DGRAM udp:127.0.0.1:PORT --rate-per-s 100 --duration-s 1000 --arrivals regular
[ "$(figure offered)" = "$(figure unfinished)" ] || fail "Ctrl-C: all offered is unfinished"
[ "$(figure offered)" -gt 0 ] && [ "$(figure offered)" -lt 10000 ] || fail "Ctrl-C: a part of it"
interrupted STREAM tls:127.0.0.1:PORT --users 3

# refused WORDS ARGUMENT...: exit 2, and the message has the words.
refused() {
    local words=$1
    shift
    run load "$@"
    exits 2 "$*"
    grep -qF -- "$words" stderr || fail "$*: no \"$words\""
}
refused 'did you mean' registr "$target"
refused 'udp:IP:PORT' register localhost
refused 'whole numbers' register "$target" --count 1.5
refused 'one of them' register "$target" --steps-per-s 1,2 --ramp-to-per-s 5
refused '--users 2' call "$target" --users 1
refused 'tcp: or tls:' register "$target" --connection per_registration
refused '4 errors' registr localhost --rate-per-s 0 --duration-s -1
run load register tcp:127.0.0.1:1 --users 2
exits 1 "a target that refuses connections"
grep -q '2 of 2 users could not be connected' stderr || fail "it does not say what was refused"

kill -TERM "$server"
wait "$server" || fail "the server ended with $?"
exec 3<&-
finish
