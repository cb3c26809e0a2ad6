# Building: one function a build directory.

# configure DIRECTORY COMPILER [MESON OPTION ...]: sets the directory up, or brings its options up to date.
configure() {
    dir=$1 compiler=$2
    shift 2
    if [ ! -f "$dir/build.ninja" ]; then
        CC=$compiler meson setup "$dir" "$@"
    elif [ $# -gt 0 ]; then
        meson configure "$dir" "$@"
    fi
}

# The programs as they are shipped: optimised, asserts kept (meson.build says so).
build_release() {
    configure build "${CC:-gcc}" "$@"
    meson compile -C build
}

build_asan() {
    configure build-asan clang -Dtests=enabled -Dpage=disabled -Db_lundef=false -Doptimization=1 \
        -Db_sanitize=address,undefined
    meson compile -C build-asan
}

build_tsan() {
    configure build-tsan clang -Dtests=disabled -Db_lundef=false -Doptimization=1 -Db_sanitize=thread
    meson compile -C build-tsan
}

build_fuzz() {
    configure build-fuzz clang -Dtests=enabled -Dfuzz=enabled -Dpage=disabled -Db_lundef=false -Doptimization=1 \
        -Db_sanitize=address,undefined
    meson compile -C build-fuzz
}
