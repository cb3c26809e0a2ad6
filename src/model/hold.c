/* A job and its lease, moved together, so that one holder and one ending are all there is. */
#include "model/hold.h"

#include <assert.h>

static int64_t later(int64_t wall, int64_t ms)
{
    return ms > 0 ? wall + ms : JOB_NO_TIME;
}

enum problem hold_claim(const struct hold *hold, const struct claimant *by, struct err *err)
{
    struct job_event event = {.kind = EVENT_CLAIM,
                              .by = by->account,
                              .now = hold->now.wall,
                              .run_after = JOB_NO_TIME,
                              .progress = JOB_NO_PROGRESS};
    bool changed;
    enum problem problem = job_apply(hold->job, &event, &changed, err);
    if (problem == PROBLEM_NONE)
        lease_grant(hold->lease, by, hold->now);
    return problem;
}

static enum problem lease_over(struct err *err)
{
    err_set(err, "The lease is over, and the job has ended.");
    return PROBLEM_LEASE_LOST;
}

enum problem hold_beat(const struct hold *hold, int64_t fence, int64_t lease_ms, struct err *err)
{
    enum problem problem = lease_check(hold->lease, hold->job, fence, err);
    if (problem != PROBLEM_NONE)
        return problem;
    if (!hold->lease->held) {
        err_set(err, "Nobody holds the job.");
        return PROBLEM_LEASE_LOST;
    }
    lease_extend(hold->lease, lease_ms > 0 ? lease_ms : hold->lease->lease_ms, hold->now);
    return PROBLEM_NONE;
}

/* The event with the times that only the transaction knows. */
static struct job_event dated(const struct hold *hold, const struct report *report)
{
    struct job_event event = report->event;
    int64_t delay = report->delay_ms;
    if (event.kind == EVENT_RETRY)
        delay = job_backoff_ms(hold->job->attempt, report->random);
    event.now = hold->now.wall;
    event.run_after = later(hold->now.wall, delay);
    return event;
}

static bool says_something_new(const struct job *before, const struct job *after)
{
    return before->status != after->status || before->progress != after->progress ||
           !span_eq(before->message, after->message);
}

static void follow(const struct hold *hold, const struct job *before)
{
    struct lease *lease = hold->lease;
    if (!lease->held)
        return;
    lease_extend(lease, lease->lease_ms, hold->now);
    if (says_something_new(before, hold->job))
        lease->progress_on = hold->now.wall;
    if (hold->job->status != STATUS_RUNNING)
        lease_end(lease);
}

enum problem hold_report(const struct hold *hold, const struct report *report, bool *ret_changed,
                         struct err *err)
{
    enum problem problem = lease_check(hold->lease, hold->job, report->fence, err);
    if (problem != PROBLEM_NONE)
        return problem;
    struct job before = *hold->job;
    struct job_event event = dated(hold, report);
    problem = job_apply(hold->job, &event, ret_changed, err);
    if (problem == PROBLEM_CONFLICT && report->fence != LEASE_NO_FENCE)
        return lease_over(err);
    if (problem == PROBLEM_NONE)
        follow(hold, &before);
    return problem;
}

bool hold_expire(const struct hold *hold, uint32_t random)
{
    if (!lease_is_due(hold->lease, hold->now))
        return false;
    int64_t wait = job_backoff_ms(hold->job->attempt, random);
    struct job_event event = {.kind = EVENT_EXPIRE,
                              .by = hold->lease->account,
                              .now = hold->now.wall,
                              .run_after = later(hold->now.wall, wait),
                              .progress = JOB_NO_PROGRESS};
    bool changed = false;
    job_apply(hold->job, &event, &changed, NULL);
    lease_end(hold->lease);
    return changed;
}

enum problem hold_delete(const struct hold *hold, const struct job_event *event, bool *ret_changed,
                         struct err *err)
{
    struct job_event dated_event = *event;
    assert(event->kind == EVENT_DELETE);
    dated_event.now = hold->now.wall;
    enum problem problem = job_apply(hold->job, &dated_event, ret_changed, err);
    if (problem == PROBLEM_NONE)
        lease_end(hold->lease);
    return problem;
}
