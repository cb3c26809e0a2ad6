# ./dev fuzz: feeds every fuzz target for some seconds; prints TAP, one line a target.

fuzz_main() {
    packages run build test
    build_fuzz
    fuzz_each "${1:-600}"
}

# fuzz_each SECONDS [PATTERN]: the targets whose name contains PATTERN
fuzz_each() {
    number=0 failures=0
    for target in build-fuzz/tests/fuzz/fuzz_*"${2:-}"*; do
        if [ ! -f "$target" ] || [ ! -x "$target" ]; then continue; fi
        number=$((number + 1))
        fuzz_one "$target" "$1" || failures=$((failures + 1))
    done
    say "1..$number"
    [ "$failures" -eq 0 ]
}

# Inputs found are kept in the build directory; the seeds of tests/fuzz are only read.
fuzz_one() {
    name=$(basename "$1")
    found=build-fuzz/found/$name
    log=build-fuzz/$name.log
    mkdir -p "$found"
    seeds=tests/fuzz/seeds/${name#fuzz_}
    [ -d "$seeds" ] || seeds=
    if "$1" -max_total_time="$2" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
        -artifact_prefix="build-fuzz/crash-$name-" "$found" ${seeds:+"$seeds"} >"$log" 2>&1; then
        say "ok $number - $name, $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs"
    else
        say "not ok $number - $name"
        tail -n 60 "$log" | sed 's/^/# /'
        return 1
    fi
}
