# How ./dev speaks: what it does on standard output, why it stops on standard error.
say() {
    printf '%s\n' "$*"
}

die() {
    printf 'dev: %s\n' "$*" >&2
    exit 1
}

# Of TAP, the tests that failed, each with what is said about it.
tap_failures() {
    awk '/^ *(not )?ok / || /^ *1\.\./ { show = /not ok/ && !/# SKIP/ } show'
}
