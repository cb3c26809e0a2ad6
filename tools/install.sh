# ./dev install: into a prefix, from a build directory of its own so that build/ keeps its options.

install_main() {
    prefix=${1:-/usr/local}
    packages run build
    packages_node
    configure build-install "${CC:-gcc}" -Dtests=disabled --prefix "$prefix" --libdir lib
    meson compile -C build-install
    maybe_root=as_root
    if mkdir -p "$prefix" 2>/dev/null && [ -w "$prefix" ]; then
        maybe_root=
    fi
    $maybe_root meson install -C build-install --no-rebuild
    case $prefix in
    /usr | /usr/local) $maybe_root ldconfig ;; # the loader's list of libraries
    esac
}
