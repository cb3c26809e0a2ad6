#!/bin/sh
# Works on jobs of type EXAMPLE with curl alone, one after the other, until it is ended.
# The server and the account are in JOBD_URL, JOBD_USER and JOBD_PASSWORD, or the file JOBD_PASSWORD_FILE;
# LEASE_SECONDS is how long it may be silent.
set -u
: "${JOBD_USER:?}" "${JOBD_PASSWORD:=$(head -n 1 "${JOBD_PASSWORD_FILE:?}")}"
api=${JOBD_URL:-http://127.0.0.1:8080}/rest/jobd/v1
lease=${LEASE_SECONDS:-60}

# The password is read from standard input: it shows in no list of processes.
ask() {
    printf 'user = "%s:%s"\n' "$JOBD_USER" "$JOBD_PASSWORD" |
        curl -sS -K - -H 'Content-Type: application/json' "$@"
}

# tell JSON: reports on the job; exits when it is no longer ours (409), and tries again when the server is away.
tell() {
    until status=$(ask -o /dev/null -w '%{http_code}' -X PATCH -H "Lease-Fence: $fence" -d "$1" "$api/jobs/$id"); do
        sleep 2
    done
    [ "$status" = 200 ] || exit 1
}

# A heartbeat each third of the lease; once the job is not ours any more, it ends whoever works on it.
keep() {
    while sleep $((lease / 3)) && kill -0 "$1" 2>/dev/null; do
        status=$(ask -o /dev/null -w '%{http_code}' -X PUT -H "Lease-Fence: $fence" "$api/jobs/$id/lease")
        [ "$status" != 409 ] || kill "$1"
    done
}

# The work itself: $claim has the payload.
work() {
    tell '{"progressPercentage":10,"message":"warming up"}'
    sleep "${WORK_SECONDS:-2}"
    tell '{"progressPercentage":90,"message":"nearly there"}'
    tell '{"state":"COMPLETED","message":"all done"}'
}

value() { printf '%s\n' "$claim" | sed -n "s/.*$1\":\"*\([^\",]*\).*/\1/p"; }

while :; do
    # The same requestId again, should the answer be lost, gives the same job again.
    body='{"types":["EXAMPLE"],"workerId":"'$(uname -n):$$'","leaseSeconds":'$lease',"waitSeconds":30,
        "requestId":"'$$-$(date +%s)-$((n = ${n:-0} + 1))'"}'
    until claim=$(ask -f --max-time 45 -d "$body" "$api/claims"); do sleep 2; done
    [ -n "$claim" ] || continue
    id=$(value '{"claims":\[{"job":{"id') fence=$(value '"fence')
    work &
    worker=$!
    keep $worker &
    wait $worker
    kill $! 2>/dev/null
done
