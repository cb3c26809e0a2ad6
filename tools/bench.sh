# ./dev bench: runs measurements by name, or lists them with the sentence that opens each. Options go to the last one.

bench_main() {
    if [ $# -eq 0 ]; then
        say "./dev bench NAME, where NAME is one of"
        for script in bench/*; do
            if [ ! -f "$script" ] || [ ! -x "$script" ]; then continue; fi
            printf '  %-16s %s\n' "${script#bench/}" "$(sed -n '2s/^\(#\|\/\/\) *//p' "$script")"
        done
        return
    fi
    names=
    while [ $# -gt 0 ] && [ "${1#-}" = "$1" ]; do
        [ -x "bench/$1" ] || die "there is no bench/$1; ./dev bench lists what there is"
        names="$names $1"
        shift
    done
    packages run build bench
    packages_node
    build_release -Dtests=enabled
    bench_each "$@"
}

bench_each() {
    last=${names##* }
    for name in ${names% *}; do
        say "== $name"
        "bench/$name"
    done
    say "== $last"
    "bench/$last" "$@"
}
