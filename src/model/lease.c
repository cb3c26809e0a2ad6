/* Leases: granted, extended, ended, and whose a write is. */
#include "model/lease.h"

#include <assert.h>

void lease_grant(struct lease *lease, const struct claimant *by, struct moment now)
{
    assert(!lease->held);
    *lease = (struct lease){
        .fence = lease->fence + 1,
        .held = true,
        .worker = by->worker,
        .account = by->account,
        .lease_ms = by->lease_ms,
        .expires_at = now.lease + by->lease_ms,
        .beat_on = now.wall,
        .progress_on = now.wall,
    };
}

void lease_extend(struct lease *lease, int64_t lease_ms, struct moment now)
{
    assert(lease->held);
    if (lease->expires_at < now.lease + lease_ms)
        lease->expires_at = now.lease + lease_ms;
    lease->beat_on = now.wall;
}

void lease_end(struct lease *lease)
{
    lease->held = false;
}

static enum problem lost(struct err *err, const char *sentence)
{
    err_set(err, "%s", sentence);
    return PROBLEM_LEASE_LOST;
}

enum problem lease_check(const struct lease *lease, const struct job *job, int64_t fence,
                         struct err *err)
{
    if (status_is_deleted(job->status)) {
        err_set(err, "The job has been deleted.");
        return PROBLEM_JOB_DELETED;
    }
    if (fence == LEASE_NO_FENCE)
        return lease->held ? lost(err, "A worker holds the job; only it may report, with its "
                                       "Lease-Fence.")
                           : PROBLEM_NONE;
    if (fence == lease->fence && (lease->held || status_is_ended(job->status)))
        return PROBLEM_NONE;
    if (lease->held)
        return lost(err, "Another worker holds the job now.");
    return lost(err, "The lease is over; nobody holds the job.");
}

bool lease_is_due(const struct lease *lease, struct moment now)
{
    return lease->held && lease->expires_at <= now.lease;
}

int64_t lease_expires_on(const struct lease *lease, struct moment now)
{
    return now.wall + (lease->expires_at - now.lease);
}

bool lease_is_stalled(const struct lease *lease, int64_t after_ms, struct moment now)
{
    return lease->held && now.wall - lease->progress_on >= after_ms;
}
