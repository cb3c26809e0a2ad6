# ./dev test: every part of the tests in turn, a line on each, and the sum as the last line.

. tools/fuzz.sh

logs=build/logs

test_main() {
    pattern=${1:-}
    passed=0 failed=0
    packages run build test
    packages_node
    mkdir -p "$logs"
    rm -rf "${logs:?}"/*
    : >"$logs/summary"

    part build build_release -Dtests=enabled
    [ "$failed" -ne 0 ] || test_parts

    say ""
    cat "$logs/summary"
    say "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

test_parts() {
    part unit meson_tests build
    part unit-asan unit_tests_sanitized
    part page page_tests
    part npm node_modules
    part api node_tests build api jobctl
    part fault node_tests build fault
    part postgres postgres_tests
    part browser node_tests build browser
    part api-tsan api_tests_under_tsan
    part fuzz fuzz_briefly
}

# part NAME COMMAND …: runs one part into its log and adds up what its TAP lines say.
part() {
    name=$1
    shift
    log=$logs/$name.log
    say "== $name"
    started=$(date +%s)
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1 </dev/null
    status=$?
    set -e
    read -r good bad skipped <<COUNTS
$(python3 tools/tap.py count "$log")
COUNTS
    part_judge
    passed=$((passed + good))
    failed=$((failed + bad))
    [ $((good + bad + skipped)) -eq 0 ] ||
        printf '%-10s %5d passed %4d failed %4d skipped %5d s\n' "$name" "$good" "$bad" "$skipped" \
            $(($(date +%s) - started)) | tee -a "$logs/summary"
    [ "$bad" -eq 0 ] || part_show
}

# A part that could not run, or that should hold tests and ran none, is a failure too.
part_judge() {
    case $name in
    build | npm) holds_tests= ;;
    *) holds_tests=yes ;;
    esac
    if [ "$bad" -eq 0 ] && [ "$status" -ne 0 ]; then
        bad=1
    elif [ $((good + bad)) -eq 0 ] && [ -z "$pattern" ] && [ "$holds_tests" ]; then
        bad=1
    fi
}

# Each failure with what is said about it, or the end of a log that names none.
part_show() {
    if grep -q '^ *not ok ' "$log"; then
        tap_failures <"$log" | head -n 300
    else
        tail -n 60 "$log"
    fi
    say "   (all of it: $log)"
}

# What the pattern selects: Meson's tests by name, test files and fuzz targets by path.
unit_names() {
    meson test -C "$1" --list 2>/dev/null | sed -n 's,.* / ,,p' | grep -F -- "$pattern" | sort -u
}

node_files() {
    for suite in "$@"; do
        find tests -path "tests/$suite*.test.mjs" -path "*$pattern*" | sort
    done
}

# The same under AddressSanitizer and UndefinedBehaviorSanitizer; the checks of the tree need no second run.
unit_tests_sanitized() {
    [ -n "$(unit_names build)" ] || return 0
    build_asan
    export ASAN_OPTIONS=detect_stack_use_after_return=1
    export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
    meson_tests build-asan --no-suite checks --timeout-multiplier 4
}

# meson_tests DIRECTORY [OPTION …]: Meson's tests, as TAP, beside a PostgreSQL of their own.
meson_tests() {
    dir=$1
    shift
    names=
    if [ -n "$pattern" ]; then
        names=$(unit_names "$dir")
        [ -n "$names" ] || return 0
    fi
    result=0
    # shellcheck disable=SC2086 # one word a test
    fixed_addresses tools/postgres.py meson test -C "$dir" --no-rebuild --quiet "$@" $names || result=$?
    python3 tools/tap.py meson "$dir/meson-logs/testlog.json"
    return $result
}

# The pure parts of the page; the build has installed what they need.
page_tests() {
    [ ! -d web/node_modules ] || (cd web && node test/run.mjs "$pattern")
}

# npm's clean installation, once for each package-lock.json.
node_modules() {
    [ -f tests/package-lock.json ] || return 0
    stamp=tests/node_modules/.installed-lock
    ! cmp -s tests/package-lock.json "$stamp" || return 0
    (cd tests && npm ci --no-audit --no-fund)
    cp tests/package-lock.json "$stamp"
}

# node_tests DIRECTORY SUITE …: the test files of the suites against the programs of a build directory, four files at
# once, which wait more than they compute.
node_tests() {
    export JOBD_BIN="$PWD/$1/jobd" JOBCTL_BIN="$PWD/$1/jobctl" JOBD_BUILD="$PWD/$1"
    shift
    files=$(node_files "$@")
    [ -n "$files" ] || return 0
    # shellcheck disable=SC2086 # one word a file
    fixed_addresses ${run_before:-} timeout 900 node --test --test-reporter=tap \
        --test-concurrency=4 $files
}

# The API once more on PostgreSQL, three daemons on each database with the requests going round among them (but for the
# tests of one process), and the history of many workers with one of the three killed.
postgres_tests() {
    export JOBD_TEST_DAEMONS=3
    run_before="tools/postgres.py"
    node_tests build api fault/workers
}

# The daemon once more, watched for data races; every report is a failed test of its own.
api_tests_under_tsan() {
    [ -n "$(node_files api)" ] || return 0
    build_tsan
    reports=$PWD/$logs/tsan-report
    TSAN_OPTIONS="log_path=$reports exitcode=66 second_deadlock_stack=1"
    export TSAN_OPTIONS="$TSAN_OPTIONS suppressions=$PWD/tests/tsan.supp"
    result=0
    node_tests build-tsan api || result=$?
    for report in "$reports".*; do
        [ -f "$report" ] || continue
        say "not ok - ThreadSanitizer"
        sed 's/^/# /' "$report"
    done
    return $result
}

# The sanitizers of clang 14 cannot live with the many random address bits of newer kernels.
fixed_addresses() {
    if setarch -R true 2>/dev/null; then
        setarch -R "$@"
    else
        "$@"
    fi
}

fuzz_briefly() {
    [ -n "$(find tests/fuzz -name "fuzz_*$pattern*.c")" ] || return 0
    build_fuzz
    fuzz_each "${JOBD_FUZZ_SECONDS:-8}" "$pattern"
}
