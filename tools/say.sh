# How ./dev speaks: what it does on standard output, why it stops on standard error.
say() {
    printf '%s\n' "$*"
}

die() {
    printf 'dev: %s\n' "$*" >&2
    exit 1
}
