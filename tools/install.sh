# ./dev install: into a prefix, from a build directory of its own so that build/ keeps its options.

install_main() {
    prefix=${1:-/usr/local}
    packages run build
    configure build-install "${CC:-gcc}" -Dtests=disabled --prefix "$prefix"
    meson compile -C build-install
    if [ -w "$prefix" ] || { [ ! -e "$prefix" ] && mkdir -p "$prefix" 2>/dev/null; }; then
        meson install -C build-install --no-rebuild
    else
        as_root meson install -C build-install --no-rebuild
    fi
}
