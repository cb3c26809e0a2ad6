# The Debian packages jobd needs, and their installation when one is missing.

# group, package, what for
package_table() {
    cat <<'TABLE'
run    ca-certificates       checking https certificates (a JWKS address, a remote server)
run    curl                  asking a running server from the shell
build  gcc                   the compiler
build  libc6-dev             the C library's headers
build  meson                 the build system
build  ninja-build           the tool that carries the build out
build  pkg-config            finding the libraries below
build  python3               scripts of the build
build  libmicrohttpd-dev     HTTP and TLS
build  libsqlite3-dev        the embedded store
build  libroaring-dev        sets of jobs in the embedded store's name index
build  libpq-dev             the store on PostgreSQL
build  libjansson-dev        reading JSON
build  libsodium-dev         password hashes, keyed hashes, random bytes
build  libcjose-dev          JSON web tokens
build  libssl-dev            the keys behind cjose
build  libutf8proc-dev       Unicode case folding
build  libcurl4-openssl-dev  the HTTP client of libjobd, and fetching JWKS
test   libcmocka-dev         unit tests
test   clang                 sanitizers and fuzzing
test   libclang-rt-14-dev    their run-time libraries
test   llvm                  symbols in their reports
test   openssl               certificates for the tests of TLS
test   postgresql            the store on many machines
test   procps                seeing the processes and groups of commands under test
test   chromium              the page as people see it
test   fonts-dejavu-core     the shape of its text
test   git                   which files belong to the tree
lint   clang                 the headers clang-tidy reads
lint   clang-format          the style of the code
lint   clang-tidy            bugs a compiler does not look for
lint   cppcheck              a second opinion
lint   libcmocka-dev         the tests are linted as well
bench  nginx-light           the yardstick of every measurement
bench  chromium              the page
bench  wrk                   the load
bench  valgrind              counting instructions
bench  libcmocka-dev         the slow disk is built along with the tests
bench  beanstalkd            a peer; started on ports and in directories of the measurement's own, as the next ones
bench  redis-server          a peer, under BullMQ
bench  postgresql            a peer, under pg-boss and graphile-worker
bench  libminion-backend-sqlite-perl a peer, Minion
TABLE
}

package_is_installed() {
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null) in
    ii*) return 0 ;;
    esac
    # A full nginx is as good as the light one.
    [ "$1" = nginx-light ] && command -v nginx >/dev/null
}

# as_root COMMAND …
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "neither root nor sudo; as root: $*"
    fi
}

# Installs what is missing of the named groups.
packages() {
    command -v dpkg-query >/dev/null ||
        die "this is no Debian; install by hand what tools/packages.sh lists"
    missing=
    for group in "$@"; do
        for package in $(package_table | awk -v group="$group" '$1 == group { print $2 }'); do
            package_is_installed "$package" || missing="$missing $package"
        done
    done
    install_missing
}

# Node from wherever it is, if it is new enough; otherwise Debian's.
packages_node() {
    command -v npm >/dev/null && node_is_new_enough && return
    missing=" nodejs npm"
    install_missing
    hash -r
    node_is_new_enough || die "node is older than 18: $(command -v node)"
}

node_is_new_enough() {
    command -v node >/dev/null &&
        node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 18 ? 1 : 0)'
}

install_missing() {
    missing=${missing# }
    [ -n "$missing" ] || return 0
    say "installing Debian packages: $missing"
    as_root apt-get update -q
    # shellcheck disable=SC2086 # one word a package
    as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends $missing </dev/null
}
