# ./dev bench: runs measurements by name, or lists them with the sentence that opens each.

bench_main() {
    if [ $# -eq 0 ]; then
        say "./dev bench NAME, where NAME is one of"
        for script in bench/*; do
            if [ ! -f "$script" ] || [ ! -x "$script" ]; then continue; fi
            printf '  %-16s %s\n' "${script#bench/}" "$(sed -n '2s/^\(#\|\/\/\) *//p' "$script")"
        done
        return
    fi
    for name in "$@"; do
        [ -x "bench/$name" ] || die "there is no bench/$name; ./dev bench lists what there is"
    done
    packages run build bench
    packages_node
    packages_node
    build_release -Dtests=enabled
    for name in "$@"; do
        say "== $name"
        "bench/$name"
    done
}
