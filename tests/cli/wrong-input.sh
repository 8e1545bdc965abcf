#!/bin/bash
# Whatever is wrong with the input: the right exit code, the place, the remedy, and no result.
. "$(dirname "$0")/support/cli.bash"
cd "$work" || exit 1

# refused CODE PLACE REMEDY WHAT: what the last run should have said.
refused() {
    exits "$1" "$4"
    says "$2" "$4"
    says "$3" "$4"
    is_silent "$4"
}

# size_refuses PLACE REMEDY TEXT: a deployment of that text.
size_refuses() {
    printf '%s\n' "$3" >wrong.json
    run size wrong.json
    refused 2 "wrong.json$1" "$2" "size: $3"
    run check wrong.json
    exits 2 "check: $3"
    says "$1" "check: $3"
    is_silent "check: $3"
}

# calc_refuses PLACE REMEDY ARGUMENT...
calc_refuses() {
    local place=$1 remedy=$2
    shift 2
    run calc "$@"
    refused 2 "$place" "$remedy" "calc $*"
}

# One population with something more.
with() { echo "{\"populations\":[{\"endpoints\":1,$1}]}"; }
# The least population, and something more beside it.
beside() { echo "{\"populations\":[{\"endpoints\":1,\"site\":\"hq\"}],$1}"; }

# What the schema forbids
size_refuses ": /populations/0/transprt:" 'did you mean "transport"?' "$(with '"transprt":"udp"')"
size_refuses ": /growht:" 'did you mean "growth"?' "$(beside '"growht":{}')"
size_refuses ": /populations/0/endpoints:" "without quotes" '{"populations":[{"endpoints":"100"}]}'
size_refuses ": /populations/0/endpoints:" "must be at least 1, is -5" '{"populations":[{"endpoints":-5}]}'
size_refuses ": /populations/0/endpoints:" "integer" '{"populations":[{"endpoints":1.5}]}'
size_refuses ": /populations/0/endpoints:" "at most 1000000000" '{"populations":[{"endpoints":1e10}]}'
size_refuses ": /populations/0/endpoints:" "is missing" '{"populations":[{}]}'
size_refuses ": /populations:" "is missing" '{}'
size_refuses ": /populations/0/name:" "must not be empty" "$(with '"name":""')"
size_refuses ": /network/links/0/site:" "no population has a site" \
    '{"populations":[{"endpoints":1}],"network":{"links":[{"name":"a","site":"hq"}]}}'
size_refuses ": /populations:" "at least 1" '{"populations":[]}'
size_refuses ": /populations/0:" "object" '{"populations":[7]}'
size_refuses ":" "object" '[]'
size_refuses ":" "object" 'null'
run check wrong.json
says "busyhour: wrong.json: must be an object, is null" "the root is named by the file"
size_refuses ": /format:" 'must be "busyhour.deployment/1"' "$(beside '"format":"busyhour.deployment/2"')"
size_refuses ": /populations/0/transport:" "udp, tcp, tls, wss" "$(with '"transport":"sctp"')"
size_refuses ": /populations/0/calls/internal_fraction:" "at most 1" "$(with '"calls":{"internal_fraction":2}')"
size_refuses ": /populations/0/calls/internal_percent:" "at most 1" "$(with '"calls":{"internal_percent":101}')"
size_refuses ": /populations/0/registration/expires_s:" "must be more than 0" "$(with '"registration":{"expires_s":0}')"
size_refuses ": /populations/0/registration/expires_min:" "keep one of them" \
    "$(with '"registration":{"expires_s":60,"expires_min":1}')"
size_refuses ": /policy/storm_recovery_s:" "at least 61, or a shorter storm_window_s" \
    "$(beside '"policy":{"storm_recovery_s":30}')"
size_refuses ": /policy/storm_window_s:" "at least 0" "$(beside '"policy":{"storm_window_s":-1}')"
size_refuses ": /trunks/1/name:" "already" "$(beside '"trunks":[{"name":"a"},{"name":"a"}]')"
size_refuses ": /network/links/1/name:" "already" \
    "$(beside '"network":{"links":[{"name":"a"},{"name":"a"}]}')"
size_refuses ": /network/firewalls/1/name:" "already" \
    "$(beside '"network":{"firewalls":[{"name":"a"},{"name":"a"}]}')"
size_refuses ": /populations/1/name:" "already" \
    '{"populations":[{"name":"a","endpoints":1},{"name":"a","endpoints":1}]}'
size_refuses ": /network/layers:" "stands twice" "$(beside '"network":{"layers":["ipv4","ipv4"]}')"
! grep -q 'both ipv4' "$work/stderr" || fail "ipv4 twice is told as ipv4 and ipv6"
size_refuses ": /trunks/0/channels_max:" "at most 10000000, is 100000000" \
    "$(beside '"trunks":[{"name":"a","channels_max":1e8}]')"
growth='"growth":{"model":"fit","history":[{"year":2024,"endpoints":1},{"year":2025,"endpoints":1e6}'
beside "$growth,{\"year\":2026,\"endpoints\":1e12}]},\"horizon_years\":50" >wrong.json
run size wrong.json
refused 2 "wrong.json: /growth/history:" "exceeds all numbers" "size: a forecast beyond all numbers"
printf '{"populations":[{"name":"population 2","endpoints":1},{"endpoints":1}]}' >wrong.json
run check wrong.json
exits 0 "a name like that of a numbered population"
size_refuses ": /horizon_years:" "at most 50" "$(beside '"horizon_years":51')"

# What is no JSON
size_refuses ":1:30:" "leave the key out" '{"populations":[{"endpoints":NaN}]}'
size_refuses ":1:30:" "not JSON" '{"populations":[{"endpoints":+1}]}'
size_refuses ":1:34:" "1e999" '{"populations":[{"endpoints":1e999}]}'
size_refuses ":2:" "is the file whole?" '{"populations":[{"endpoints":1'
size_refuses ":2:" "is the file whole?" ''
size_refuses ":1:" "JSON has no comments" '{"populations":[{"endpoints":1}]} // phones'
size_refuses ":1:34:" "not JSON" '{"populations":[{"endpoints":1}]}}'
size_refuses ": /populations/0/endpoints:" "stands twice; keep one" '{"populations":[{"endpoints":1,"endpoints":2}]}'
size_refuses "" 'did you mean "growth"?' '{"populations":[{"endpoints":1,"endpoints":2}],"growht":{}}'
says "/populations/0/endpoints: the key" "a key that stands twice beside another fault"
calc_refuses "--ptime-ms:" "is empty" rtp --calls 1 --ptime-ms ""
calc_refuses "--codec:" "is empty" rtp --calls 1 --codec ""
# Nothing of a name reaches the terminal but what can be seen.
size_refuses ": /populations/0/" '\x1b' '{"populations":[{"endpoints":1,"a\u001b[31m\u2028":1}]}'
! grep -q "$(printf '\033')" "$work/stderr" || fail "an escape sequence is on stderr"

printf '{"name":"\xff\xfe","populations":[{"endpoints":1}]}' >wrong.json
run size wrong.json
refused 2 "wrong.json:1:10:" "UTF-8" "text that is not UTF-8"
: >wrong.json
run size wrong.json
refused 2 "wrong.json:1:1:" "is the file whole?" "an empty file"
printf '{"populations":[{"endpoints":1}],\0"name":1}' >wrong.json
run size wrong.json
refused 2 "wrong.json:1:34:" "not JSON" "a null octet"

for bracket in '[' '{"a":'; do
    yes "$bracket" | tr -d '\n' | head -c 10000000 >wrong.json
    before=$SECONDS
    run size wrong.json
    refused 2 "wrong.json:1:" "deeper than 64 levels" "10 MB of $bracket"
    [ $((SECONDS - before)) -le 5 ] || fail "10 MB of $bracket took $((SECONDS - before)) s"
done

# What only the values show
size_refuses ": /populations/0/media/codec:" 'did you mean "PCMA"?' "$(with '"media":{"codec":"PCMX"}')"
size_refuses ": /populations/0/media/ptime_ms:" "legal: " \
    "$(with '"media":{"codec":"G729","ptime_ms":15}')"
size_refuses ": /populations/0/media/ptime_ms:" "must be more than 0" "$(with '"media":{"ptime_ms":-5}')"
size_refuses ": /populations/0/media/transcode_to:" "known: PCMU" \
    "$(with '"media":{"codec":"G729","transcode_to":"PCMU"}')"
size_refuses ": /populations/0/keepalive/method:" "use crlf" \
    "$(with '"transport":"tls","keepalive":{"method":"stun"}')"
size_refuses ": /roles/proxy/server:" 'did you mean "kamailio"?' "$(beside '"roles":{"proxy":{"server":"kamalio"}}')"
size_refuses ": /network/layers/0:" 'did you mean "ethernet"?' "$(beside '"network":{"layers":["ethernt","ipv4"]}')"
size_refuses ": /network/links/0/site:" 'did you mean "hq"?' \
    "$(beside '"network":{"links":[{"name":"wan","site":"hp"}]}')"
size_refuses ": /growth/history:" "3 or more years" "$(beside '"growth":{"model":"fit"}')"
size_refuses ": /growth/history:" '"model": "fit"' \
    "$(beside '"growth":{"history":[{"year":2020,"endpoints":1}]}')"
size_refuses ": /trunks:" "at most 1 together" \
    "$(beside '"trunks":[{"name":"a","share_fraction":0.7},{"name":"b","share_fraction":0.7}]')"

# All errors of all files at once
cat >several.json <<'JSON'
{
  "name": 5,
  "start_year": 1,
  "populations": [
    { "endpoints": -1, "media": { "codec": "PCMX", "ptime_ms": -1 }, "calls": { "internal_fraction": 2 } },
    {}
  ],
  "growht": {}
}
JSON
printf '{"populations":[{"endpoints":0}]}' >other.json
run size several.json other.json
refused 2 "9 errors" 'did you mean "PCMA"?' "several errors"
for place in /name /start_year /populations/0/endpoints /populations/0/media/codec \
    /populations/0/media/ptime_ms /populations/0/calls/internal_fraction \
    /populations/1/endpoints /growht; do
    says "several.json: $place:" "several errors"
done
says "other.json: /populations/0/endpoints:" "the errors of the second file"

# What the system refuses
printf '{"populations":[{"endpoints":1}]}' >right.json
run size missing.json
refused 1 "missing.json" "No such file" "a missing file"
run size "$work"
refused 1 "$work" "Is a directory" "a folder as a file"
run size right.json --models missing
refused 1 "missing" "No such file" "a missing --models folder"
run size right.json --models right.json
refused 1 "right.json" "Not a directory" "a file as --models folder"
ln -s loop loop
run size right.json --models loop
refused 1 "loop" "Too many levels" "an unreadable --models folder"
if [ "$(id -u)" -ne 0 ]; then
    mkdir -m 000 closed
    run size right.json --models closed
    refused 1 "closed" "Permission denied" "a --models folder without permission"
fi
run size right.json --out json=missing/report.json
exits 1 "an --out file in a missing folder"
says "missing/report.json" "an --out file in a missing folder"
mkdir -p folder/codecs
printf '{"name":"X"' >folder/codecs/x.json
run size right.json --models folder
refused 2 "folder/codecs/x.json:1:12:" "is the file whole?" "a truncated model"

# The command line
run
refused 2 "a command is needed" "size, calc, explain" "no command"
run siez right.json
refused 2 "busyhour:" 'did you mean "size"?' "an unknown command"
run size right.json --fromat json
refused 2 "--fromat" "size --help" "an unknown option"
run size
refused 2 "deployment" "size --help" "no file"
run size right.json --format jsn
refused 2 "--format" 'did you mean "json"?' "an unknown format"
run size right.json --out report.json
refused 2 "--out" "json=a.json" "--out without a format"
run size right.json --out jsn=report.json
refused 2 "--out" 'did you mean "json"?' "--out with an unknown format"
run size right.json --color sometimes
refused 2 "--color" "auto, always or never" "an unknown colour"
run size right.json --fail-on 'headroom>1'
refused 2 "--fail-on" "headroom<0.2" "an unknown gate"
run schema deploymnt
refused 2 "deploymnt" 'did you mean "deployment"?' "an unknown schema"
run catalog list codcs
refused 2 "codcs" 'did you mean "codecs"?' "an unknown kind"
run catalog show codecs/PCMX
refused 2 "PCMX" 'did you mean "PCMA"?' "an unknown entry"

for number in nan NaN inf -inf abc 1e999 0x10 1,5 20ms; do
    calc_refuses --ptime-ms "write it as 20" rtp --codec PCMU --calls 10 --ptime-ms "$number"
done
for number in -5 0; do
    calc_refuses --ptime-ms "must be more than 0, is $number" rtp --codec PCMU --ptime-ms "$number"
    calc_refuses --ptime-ms "must be more than 0, is $number" rtp --codec PCMU "--ptime-ms=$number"
done
calc_refuses --ptime-ms "legal: " rtp --codec G729 --ptime-ms 15
calc_refuses --codec 'did you mean "PCMU"?' rtp --codec PCMUU
calc_refuses --expires-min "keep one of them" registrations --endpoints 1 --expires-s 60 --expires-min 1
calc_refuses --endpoints "is missing" registrations
calc_refuses erlang-b "needs two" erlang-b --offered-erlang 5
calc_refuses erlang-b "needs two" erlang-b --offered-erlang 5 --channels 9 --blocking-probability 0.1
calc_refuses --history "YEAR=VALUE" growth --history 2020=1,2021=x
calc_refuses --history "3 or more years" growth --history 2020=1,2021=2
calc_refuses --retry-fraction "no load is in balance" erlang-b --offered-erlang 12 --channels 10 --retry-fraction 1
calc_refuses --servers "needs one" erlang-c --offered-erlang 5
calc_refuses --servers "needs one" erlang-c --offered-erlang 5 --servers 9 --wait-probability 0.1
calc_refuses --target-wait-s "is missing" erlang-c --offered-erlang 5 --service-level-fraction 0.8
calc_refuses --channels "give one of" engset --sources 10 --offered-erlang-per-source 0.1
calc_refuses --channels "give one of" engset --sources 10 --offered-erlang-per-source 0.1 --channels 5 --blocking-probability 0.1
calc_refuses --busy-hour-fraction "1/24 to 1" busy-hour --calls-per-day 100 --busy-hour-percent 3
calc_refuses --calls-per-day "is missing" busy-hour
calc_refuses --days "only together with records" busy-hour --calls-per-day 100 --days workdays
printf 'start,duration_s\nnever,1\n5,"1\n' >log.csv
calc_refuses log.csv:3:2 "never closed" busy-hour --records log.csv
printf 'start,duration_s\nnever,1\n5,x\n' >log.csv
calc_refuses log.csv:2:1 "2026-03-02 09:15:00" busy-hour --records log.csv
calc_refuses log.csv:3:2 "0 to 86400 s" busy-hour --records log.csv
calc_refuses --calls-per-day "together with records" busy-hour --records log.csv --calls-per-day 100
calc_refuses --holding-time-s "together with records" busy-hour --records log.csv --holding-time-s 100
calc_refuses "standard input" "is empty" busy-hour --records -
printf 'start,duration_s\n0,1\n253402300799,1\n' >log.csv
calc_refuses --records "span more than 10000 days" busy-hour --records log.csv
run calc busy-hour --records none.csv
refused 1 none.csv "No such file" "calc busy-hour --records none.csv"
calc_refuses --layers 'did you mean "ethernet"?' overhead --payload-bytes 160 --layers ethernt,ipv4
finish
