# ./dev run: a server with a store and an admin account of its own, in the foreground.

run_main() {
    run_check "$@"
    packages run build
    packages_node
    build_release
    umask 077
    data=${JOBD_DATA:-./data}
    [ -d "$data" ] || mkdir -p "$data" # 0700 by the umask; a directory that exists keeps its mode
    data=$(cd "$data" && pwd)
    listen=${JOBD_LISTEN:-127.0.0.1:8080}
    url=http://$(echo "$listen" | sed 's/^0\.0\.0\.0:/127.0.0.1:/')
    run_unless_taken
    make_admin
    run_explain
    exec build/jobd serve --store "sqlite:$data/jobd.db" --listen "$listen" "$@"
}

# Where it listens and keeps its jobs is needed here as well, so it comes by the environment.
run_check() {
    for option in "$@"; do
        case $option in
        --listen* | --store*) die "say JOBD_LISTEN=ADDRESS or JOBD_DATA=DIRECTORY instead of ${option%%=*}" ;;
        esac
    done
    case ${JOBD_LISTEN:-} in
    unix:*) die "./dev run serves on an address and a port; for a socket use build/jobd serve --listen" ;;
    esac
}

# The greeting by which a jobd is known: it asks for credentials of its realm.
run_unless_taken() {
    case $listen in
    *:*[1-9]*) ;;
    *) return 0 ;; # a port of the kernel's choice
    esac
    status=0
    answer=$(curl -s -S -i --noproxy '*' --max-time 5 "$url/rest/jobd/v1/whoami" 2>/dev/null) || status=$?
    [ "$status" -ne 7 ] || return 0
    case $answer in
    *'Basic realm="jobd"'*)
        [ -f "$data/admin-password" ] ||
            die "a jobd of another directory serves on $url; choose another: JOBD_LISTEN=127.0.0.1:8081 ./dev run"
        say "jobd serves on $url already."
        run_explain
        exit 0
        ;;
    esac
    die "port ${listen##*:} is taken by another program; choose another: JOBD_LISTEN=127.0.0.1:8081 ./dev run"
}

# The password lies in its file before the account exists, so that an interrupted run loses nothing.
make_admin() {
    ! build/jobd user list --store "sqlite:$data/jobd.db" | grep -q '^admin\>' || return 0
    [ -s "$data/admin-password" ] ||
        head -c 18 /dev/urandom | base64 | tr '+/' '-_' >"$data/admin-password"
    build/jobd user add admin --role admin --password-stdin --store "sqlite:$data/jobd.db" \
        <"$data/admin-password"
}

run_explain() {
    cat <<TEXT

  address   $url, in a browser too
  data      $data
  account   admin, password in $data/admin-password

In another terminal, in $PWD:

  export JOBD_URL=$url JOBD_USER=admin JOBD_PASSWORD_FILE=$data/admin-password
  build/jobctl run --name "Disk usage" --type SCAN -- du -a /usr
  curl -u "admin:\$(cat $data/admin-password)" "$url/rest/jobs/v1/jobs?name=Disk"

TEXT
}
