#!/bin/bash
# The calculators give the published values of calc.csv, in every format.
. "$(dirname "$0")/support/cli.bash"

python3 "$(dirname "$0")/support/check_calc.py" "$(dirname "$0")/calc.csv" "$SOURCE_DIR" "$BUSYHOUR" ||
    fail "see above"

one_of_each=(
    "registrations --endpoints 100000"
    "sip --flow call"
    "rtp --codec PCMU --calls 1000"
    "rtcp --session-bits-per-s 160000"
    "tls --key rsa-2048"
    "overhead --layers ethernet,ipv4 --payload-bytes 160"
    "erlang-b --offered-erlang 5 --channels 10"
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
finish
