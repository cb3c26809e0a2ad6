# ./dev lint: the style of the code, and what clang-tidy, cppcheck and our own checks find in it.

lint_main() {
    packages run build test lint
    packages_node
    build_release -Dtests=enabled >/dev/null || die "it does not compile; see ./dev build"
    failures=0
    [ $# -gt 0 ] || set -- src include tests bench
    # shellcheck disable=SC2046 # one word a file; what is not C has the checks of tests/checks alone
    set -- $(git ls-files "$@" | grep '\.[ch]$')
    if [ $# -gt 0 ]; then
        lint_step clang-format clang-format --dry-run -Werror "$@"
        lint_step clang-tidy lint_tidy "$@"
        lint_step cppcheck lint_cppcheck "$@"
    fi
    lint_step "tests/checks" lint_checks
    [ "$failures" -eq 0 ] || die "$failures of the steps above found something"
    say "nothing found"
}

lint_step() {
    printf '== %s\n' "$1"
    shift
    "$@" || failures=$((failures + 1))
}

# Only files that are compiled in build/ can be read; the flags are gcc's, of which clang ignores some. On
# standard error it counts what it does not show.
lint_tidy() {
    for file in "$@"; do
        ! grep -q "\"\.\./$file\"" build/compile_commands.json || printf '%s\n' "$file"
    done | xargs -r -n 1 -P "$(nproc)" \
        clang-tidy -p build --quiet --extra-arg=-Wno-unknown-warning-option 2>/dev/null
}

# cppcheck 2.10 knows neither __VA_OPT__ nor that AUTO() closes files.
lint_cppcheck() {
    cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -j "$(nproc)" \
        --enable=warning,performance,portability --suppress=missingIncludeSystem --suppress=resourceLeak \
        '-D__VA_OPT__(...)=,' -D_GNU_SOURCE -I src -I include -I build "$@"
}

lint_checks() {
    meson test -C build --no-rebuild --quiet --suite checks >/dev/null && return
    python3 tools/tap.py meson build/meson-logs/testlog.json | tap_failures
    return 1
}
