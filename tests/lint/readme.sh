#!/usr/bin/env bash
# Runs the commands that the documents show. Usage: readme.sh ROOT FILE.md...
#
# A command is a line of a block fenced as ```sh or ```console that begins with "$ ", "./dev " or
# "build/cli/busyhour "; a backslash at its end continues it. It must succeed, or end as a comment
# `# exit N` or `# exit N or M` behind it says. The commands of a block share one shell at the root of the tree, and
# what a block left in the background ends with it. `./dev test` and `.ci/run` are not run: the
# caller is one of them.
set -euo pipefail
cd "$1"
shift

commands_of() {  # commands_of FILE: "BLOCK<tab>COMMAND" a line
    awk '
        /^ *```/ { fenced = !fenced; runs = fenced && /```(sh|console) *$/; block += fenced; next }
        !runs { next }
        continued { line = line substr($0, match($0, /[^ ]/) ? RSTART : 1) }
        !continued { line = $0; sub(/^ +/, "", line) }
        { continued = sub(/\\$/, "", line); if (continued) next }
        sub(/^\$ /, "", line) || line ~ /^(\.\/dev|build\/cli\/busyhour)( |$)/ {
            print block "\t" line
        }' "$1"
}

run_block() {  # run_block FILE COMMAND...: all of them in one shell
    bash -o pipefail -c '
        trap "kill \$(jobs -p) 2>/dev/null || true" EXIT
        file=$0
        log=$(mktemp)
        for command in "$@"; do
            expected=0 other=
            if [[ $command =~ "# exit "([0-9]+)(" or "([0-9]+))?$ ]]; then
                expected=${BASH_REMATCH[1]} other=${BASH_REMATCH[3]}
            fi
            echo "$file: $command"
            status=0
            eval "$command" >"$log" 2>&1 </dev/null || status=$?
            [ "$status" = 141 ] && status=0  # the reader of a pipe had seen enough
            if [ "$status" != "$expected" ] && [ "$status" != "$other" ]; then
                tail -n 30 "$log"
                echo "$file: exit $status instead of $expected: $command"
                exit 1
            fi
        done
        rm -f "$log"' "$@"
}

failed=0
for file in "$@"; do
    commands=()
    block=
    while IFS=$'\t' read -r next command; do
        [[ $command =~ ^(\./dev test|\.ci/run) ]] && { echo "$file: left to the caller: $command"; continue; }
        if [ "$next" != "$block" ] && [ ${#commands[@]} -gt 0 ]; then
            run_block "$file" "${commands[@]}" || failed=1
            commands=()
        fi
        block=$next
        commands+=("$command")
    done < <(commands_of "$file")
    [ ${#commands[@]} -eq 0 ] || run_block "$file" "${commands[@]}" || failed=1
done
exit $failed
