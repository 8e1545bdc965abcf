# For the scripts of tests/cli: runs the program and compares. Needs $BUSYHOUR and $SOURCE_DIR.

set -u
: "${BUSYHOUR:?the program to test}" "${SOURCE_DIR:?the root of the source tree}"
unset NO_COLOR
export LC_ALL=C.UTF-8
work=$(mktemp -d)
trap 'chmod -R u+rwx "$work"; rm -rf "$work"' EXIT
checks=0
failures=0

# fail WHAT: counts a failure, and shows the last run of the program; forty of them are enough.
fail() {
    failures=$((failures + 1))
    [ "$failures" -le 40 ] || return 0
    echo "FAILED: $*"
    if [ -e "$work/stderr" ]; then
        echo "  exit $code, $(wc -c <"$work/stdout") octets on stdout, stderr:"
        head -c 2000 "$work/stderr" | sed 's/^/  | /'
    fi
}

# run ARGUMENT...: the program, for 20 s at most; then $code, $work/stdout and $work/stderr.
run() {
    code=0
    timeout 20 "$BUSYHOUR" "$@" >"$work/stdout" 2>"$work/stderr" </dev/null || code=$?
    checks=$((checks + 1))
}

# exits CODE WHAT: the last run ended so.
exits() {
    [ "$code" -eq "$1" ] || fail "$2: exit $code, not $1"
}

# says TEXT WHAT: the text is in the last run's stderr.
says() {
    grep -qF -- "$1" "$work/stderr" || fail "$2: stderr has no \"$1\""
}

# is_silent WHAT: the last run wrote nothing to stdout.
is_silent() {
    [ ! -s "$work/stdout" ] || fail "$1: stdout is not empty"
}

# finish: the exit code of the script.
finish() {
    if [ "$failures" -gt 0 ]; then
        echo "$failures failures in $checks runs"
        exit 1
    fi
    echo "$checks runs as they should be"
}
