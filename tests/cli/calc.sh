#!/bin/bash
# The calculators give the published values of calc.csv, in every format.
. "$(dirname "$0")/support/cli.bash"

python3 "$(dirname "$0")/support/check_calc.py" "$(dirname "$0")/calc.csv" "$SOURCE_DIR" "$BUSYHOUR" ||
    fail "see above"

printf 'start,duration_s\n2026-03-02 09:15:00,1800\n2026-03-02 09:30:00,0\n' >"$work/calls.csv"

one_of_each=(
    "registrations --endpoints 100000"
    "sip --flow call"
    "rtp --codec PCMU --calls 1000"
    "rtcp --session-bits-per-s 160000"
    "tls --key rsa-2048"
    "overhead --layers ethernet,ipv4 --payload-bytes 160"
    "erlang-b --offered-erlang 5 --channels 10"
    "erlang-b --offered-erlang 5 --channels 10 --retry-fraction 0.5"
    "erlang-c --offered-erlang 5 --servers 10"
    "engset --sources 100 --offered-erlang-per-source 0.2 --channels 20"
    "trunks --offered-erlang 500 --channels-max 30 --call-attempts-per-s-max 5"
    "busy-hour --calls-per-day 100000"
    "busy-hour --records $work/calls.csv"
    "response --arrivals-per-s 1400 --service-time-ms 0.5"
    "workers --arrivals-per-s 1000 --service-time-ms 5"
    "emodel --codec PCMU --one-way-delay-ms 150 --loss-percent 1"
    "growth --history 2021=61000,2022=70000,2023=80500"
)
for arguments in "${one_of_each[@]}"; do
    for format in text json md csv; do
        # shellcheck disable=SC2086  # the words are arguments
        run calc $arguments --format "$format"
        exits 0 "calc $arguments --format $format"
        [ -s "$work/stdout" ] || fail "calc $arguments --format $format wrote nothing"
        [ ! -s "$work/stderr" ] || fail "calc $arguments --format $format wrote to stderr"
    done
    # shellcheck disable=SC2086
    run calc $arguments --format json
    python3 -c 'import json, sys; json.load(open(sys.argv[1]))' "$work/stdout" ||
        fail "calc $arguments: not JSON"
    # shellcheck disable=SC2086
    run calc $arguments --format csv
    python3 "$(dirname "$0")/support/check_csv.py" "$work/stdout" || fail "calc $arguments: not CSV"
done

# A file as an option: its calls, from a file or from standard input
for name in "$work/calls.csv" -; do
    "$BUSYHOUR" calc busy-hour --records "$name" --format json <"$work/calls.csv" >"$work/stdout" 2>"$work/stderr"
    code=$?
    checks=$((checks + 1))
    exits 0 "calc busy-hour --records $name"
    grep -qF '"carried_erlang": 0.5' "$work/stdout" || fail "busy-hour --records $name: not 0.5 erlang"
    grep -qF '"busy_hour_call_attempts": 2' "$work/stdout" || fail "busy-hour --records $name: not 2 attempts"
done
finish
