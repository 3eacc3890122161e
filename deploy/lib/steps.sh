# shellcheck shell=bash
# A test run as a list of steps: each one with a time limit, a log, and a line in the summary.

STEP_LOGS=$REPO/build/test
STEPS=()
PASSED=0
FAILED=0
SKIPPED=0
# shellcheck disable=SC2034 # of the step that ran last; for those who source this file
STEP_STATUS=0

# step NAME LIMIT COMMAND...: runs it; its output goes to the terminal and to a log. Counts the tests
# that a runner reports; a command that reports none counts as one test.
step() {
    local name=$1 limit=$2 log=$STEP_LOGS/$1.log status=0 start=$SECONDS ticker
    shift 2
    mkdir -p "$STEP_LOGS"
    say "=== $name"
    tick "$name" &
    ticker=$!
    limited "$limit" "$@" </dev/null 2>&1 | tee "$log" || status=$?
    kill "$ticker" 2>/dev/null || true
    wait "$ticker" 2>/dev/null || true
    count "$name" "$log" "$status" $((SECONDS - start)) "$limit"
    # shellcheck disable=SC2034 # see above
    STEP_STATUS=$status
}

# limited SECONDS COMMAND...: a function of this script has no limit of its own.
limited() {
    local limit=$1
    shift
    if [ "$(type -t "$1")" = function ]; then "$@"; else timeout --kill-after=20 "$limit" "$@"; fi
}

# A line a minute, so that a long step is seen to be alive.
tick() {
    local start=$SECONDS pause
    trap 'kill "$pause"; exit 0' TERM
    while true; do
        sleep 60 >/dev/null 2>&1 &
        pause=$!
        wait "$pause"
        say "    $1: still running after $((SECONDS - start)) s"
    done
}

# skip NAME WHY: a step that cannot run here, said loudly.
skip() {
    SKIPPED=$((SKIPPED + 1))
    STEPS+=("$(printf '%-12s %-8s %s' "$1" SKIPPED "$2")")
    warn "SKIPPED $1: $2"
}

count() {
    local name=$1 log=$2 status=$3 seconds=$4 limit=$5 numbers passed failed skipped verdict=passed
    numbers=$(reported "$log")
    read -r passed failed skipped <<<"$numbers"
    if [ $((passed + failed + skipped)) -eq 0 ]; then
        if [ "$status" -eq 0 ]; then passed=1; else failed=1; fi
    elif [ "$status" -ne 0 ] && [ "$failed" -eq 0 ]; then
        failed=1
    fi
    [ "$failed" -eq 0 ] || verdict=FAILED
    [ "$status" -ne 124 ] && [ "$status" -ne 137 ] || verdict="FAILED (over the limit of $limit s)"
    PASSED=$((PASSED + passed))
    FAILED=$((FAILED + failed))
    SKIPPED=$((SKIPPED + skipped))
    STEPS+=("$(printf '%-12s %-8s %5d s   %d passed, %d failed, %d skipped' "$name" "$verdict" "$seconds" "$passed" "$failed" "$skipped")")
}

# reported LOG: the sums of what nextest, cargo test and pytest say at their ends.
reported() {
    sed 's/\x1b\[[0-9;]*m//g' "$1" | awk '
        function number(word,    i) {
            for (i = 2; i <= NF; i++) if ($i ~ "^" word "[,;)]*$") return $(i - 1) + 0
            return 0
        }
        /^ *Summary \[/ || /^test result: / || /^=+ .*(passed|failed|skipped|error).* in / {
            passed += number("passed")
            failed += number("failed") + number("errors?") + number("timed")
            skipped += number("skipped") + number("ignored")
        }
        END { print passed + 0, failed + 0, skipped + 0 }
    '
}

# summary: the table; the last line is the sum.
summary() {
    local line
    echo
    echo "Summary"
    for line in "${STEPS[@]}"; do
        echo "  $line"
    done
    echo "  logs: $STEP_LOGS"
    echo "$PASSED passed, $FAILED failed, $SKIPPED skipped"
    [ "$FAILED" -eq 0 ]
}
