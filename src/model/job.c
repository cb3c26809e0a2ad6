/* The transition table of jobs and the one function that moves a job along it. */
#include "model/job.h"

#include <assert.h>

/*
 * What each event does in each state; doc/states.dot draws the same.
 *
 *              PROGRESS  START    CLAIM    END        RELEASE  RETRY    EXPIRE   DELETE
 *   WAITING    report    RUNNING  RUNNING  an ending  report   WAITING  -        DELETED
 *                                                              or FAILED
 *   RUNNING    report    report   -        an ending  WAITING  WAITING  WAITING  DELETED
 *                                                              or FAILED for both
 *   COMPLETED  -         -        -        repeat     -        -        -        DELETED
 *   FAILED     -         -        -        repeat     -        repeat   -        DELETED
 *   DELETED    gone      gone     gone     gone       gone     gone     gone     nothing
 *
 * report: the state stays, progress and message are taken over. repeat: legal as an exact
 * repetition, which changes nothing. gone: refused because the job is deleted. -: a conflict.
 */
enum rule { RULE_CONFLICT, RULE_GONE, RULE_NOTHING, RULE_REPEAT, RULE_CHANGE };

typedef void change_fn(struct job *job, const struct job_event *event, int64_t when);

struct transition {
    enum rule rule;
    enum job_state to;
    change_fn *change;
};

static change_fn change_report, change_start, change_claim, change_end, change_delay,
    change_release, change_retry, change_expire, change_delete;

#define CHANGE(state, function)                                                                    \
    {                                                                                              \
        RULE_CHANGE, STATE_##state, function                                                       \
    }

static const struct transition transitions[STATE_COUNT][EVENT_COUNT] =
    {
        [STATE_WAITING] =
            {
                [EVENT_PROGRESS] = CHANGE(WAITING, change_report),
                [EVENT_START] = CHANGE(RUNNING, change_start),
                [EVENT_CLAIM] = CHANGE(RUNNING, change_claim),
                [EVENT_END] = CHANGE(COMPLETED, change_end),
                [EVENT_RELEASE] = CHANGE(WAITING, change_delay),
                [EVENT_RETRY] = CHANGE(WAITING, change_retry),
                [EVENT_EXPIRE] = {RULE_CONFLICT},
                [EVENT_DELETE] = CHANGE(DELETED, change_delete),
            },
        [STATE_RUNNING] =
            {
                [EVENT_PROGRESS] = CHANGE(RUNNING, change_report),
                [EVENT_START] = CHANGE(RUNNING, change_report),
                [EVENT_CLAIM] = {RULE_CONFLICT},
                [EVENT_END] = CHANGE(COMPLETED, change_end),
                [EVENT_RELEASE] = CHANGE(WAITING, change_release),
                [EVENT_RETRY] = CHANGE(WAITING, change_retry),
                [EVENT_EXPIRE] = CHANGE(WAITING, change_expire),
                [EVENT_DELETE] = CHANGE(DELETED, change_delete),
            },
        [STATE_COMPLETED] =
            {
                [EVENT_PROGRESS] = {RULE_CONFLICT},
                [EVENT_START] = {RULE_CONFLICT},
                [EVENT_CLAIM] = {RULE_CONFLICT},
                [EVENT_END] = {RULE_REPEAT, STATE_COMPLETED},
                [EVENT_RELEASE] = {RULE_CONFLICT},
                [EVENT_RETRY] = {RULE_CONFLICT},
                [EVENT_EXPIRE] = {RULE_CONFLICT},
                [EVENT_DELETE] = CHANGE(DELETED, change_delete),
            },
        [STATE_FAILED] =
            {
                [EVENT_PROGRESS] = {RULE_CONFLICT},
                [EVENT_START] = {RULE_CONFLICT},
                [EVENT_CLAIM] = {RULE_CONFLICT},
                [EVENT_END] = {RULE_REPEAT, STATE_FAILED},
                [EVENT_RELEASE] = {RULE_CONFLICT},
                [EVENT_RETRY] = {RULE_REPEAT, STATE_FAILED},
                [EVENT_EXPIRE] = {RULE_CONFLICT},
                [EVENT_DELETE] = CHANGE(DELETED, change_delete),
            },
        [STATE_DELETED] =
            {
                [EVENT_PROGRESS] = {RULE_GONE},
                [EVENT_START] = {RULE_GONE},
                [EVENT_CLAIM] = {RULE_GONE},
                [EVENT_END] = {RULE_GONE},
                [EVENT_RELEASE] = {RULE_GONE},
                [EVENT_RETRY] = {RULE_GONE},
                [EVENT_EXPIRE] = {RULE_GONE},
                [EVENT_DELETE] = {RULE_NOTHING, STATE_DELETED},
            },
};

static const struct transition *transition_of(enum job_status status, enum job_event_kind kind)
{
    assert((unsigned)kind < EVENT_COUNT);
    return &transitions[status_state(status)][kind];
}

bool job_event_legal(enum job_status status, enum job_event_kind kind, enum job_state *ret_state)
{
    const struct transition *transition = transition_of(status, kind);
    switch (transition->rule) {
    case RULE_CONFLICT:
    case RULE_GONE:
        return false;
    case RULE_NOTHING:
    case RULE_REPEAT:
    case RULE_CHANGE:
        break;
    }
    *ret_state = transition->to;
    return true;
}

static void change_report(struct job *job, const struct job_event *event, int64_t when)
{
    (void)when;
    if (event->progress != JOB_NO_PROGRESS)
        job->progress = event->progress;
    if (event->has_message)
        job->message = event->message;
}

static void change_start(struct job *job, const struct job_event *event, int64_t when)
{
    job->status = STATUS_RUNNING;
    job->run_after = JOB_NO_TIME;
    if (job->started_on == JOB_NO_TIME)
        job->started_on = when;
    change_report(job, event, when);
}

static void change_claim(struct job *job, const struct job_event *event, int64_t when)
{
    (void)event;
    job->status = STATUS_RUNNING;
    job->run_after = JOB_NO_TIME;
    job->started_on = when;
    job->progress = JOB_NO_PROGRESS;
    job->attempt++;
}

static void end(struct job *job, enum job_status status, int64_t when)
{
    job->status = status;
    job->ended_on = when;
    if (job->started_on == JOB_NO_TIME)
        job->started_on = when;
}

static void change_end(struct job *job, const struct job_event *event, int64_t when)
{
    end(job, event->status, when);
    change_report(job, event, when);
}

static void release(struct job *job, int64_t run_after)
{
    job->status = STATUS_WAITING;
    job->started_on = JOB_NO_TIME;
    job->progress = JOB_NO_PROGRESS;
    job->run_after = run_after;
}

/* What came with the release is taken over after clearing, so that sending it twice ends the same.
 */
static void change_release(struct job *job, const struct job_event *event, int64_t when)
{
    release(job, event->run_after);
    change_report(job, event, when);
}

/* Releasing a job that waits must not bring it forward. */
static void change_delay(struct job *job, const struct job_event *event, int64_t when)
{
    if (event->run_after != JOB_NO_TIME)
        job->run_after = event->run_after;
    change_report(job, event, when);
}

/* The progress of the run that failed is not the next one's, but its message says why. */
static void change_retry(struct job *job, const struct job_event *event, int64_t when)
{
    if (!job_may_retry(job)) {
        change_end(job, event, when);
        return;
    }
    release(job, event->run_after);
    if (event->has_message)
        job->message = event->message;
}

static void change_expire(struct job *job, const struct job_event *event, int64_t when)
{
    if (job_may_retry(job)) {
        release(job, event->run_after);
        return;
    }
    end(job, STATUS_FAILED_ABORTED, when);
    job->message = (struct span)SPAN("Worker lost");
}

static void change_delete(struct job *job, const struct job_event *event, int64_t when)
{
    enum job_result result = status_result(job->status);
    bool legal =
        status_of(STATE_DELETED, result == RESULT_NOT_SET ? RESULT_ABORTED : result, &job->status);
    assert(legal);
    if (job->ended_on == JOB_NO_TIME)
        job->ended_on = when;
    if (event->has_message)
        job->message = event->message;
}

/* Whether an ending says only what the ended job says already. */
static bool is_repetition(const struct job *job, const struct job_event *event)
{
    return event->status == job->status &&
           (!event->has_message || span_eq(event->message, job->message)) &&
           (event->progress == JOB_NO_PROGRESS || event->progress == job->progress);
}

/* Whether an event has a status to end with. */
static bool has_status(const struct job_event *event)
{
    return event->kind == EVENT_END || event->kind == EVENT_RETRY;
}

/* The state an event asks for, as its sentence names it; NULL when it asks for none. */
static const char *wanted_state(const struct job_event *event)
{
    switch (event->kind) {
    case EVENT_START:
    case EVENT_CLAIM:
        return state_name(STATE_RUNNING);
    case EVENT_END:
    case EVENT_RETRY:
        return state_name(status_state(event->status));
    case EVENT_RELEASE:
    case EVENT_EXPIRE:
        return state_name(STATE_WAITING);
    case EVENT_DELETE:
        return state_name(STATE_DELETED);
    case EVENT_PROGRESS:
    case EVENT_COUNT:
        break;
    }
    return NULL;
}

static enum problem conflict(const struct job *job, const struct job_event *event, struct err *err)
{
    const char *state = state_name(status_state(job->status));
    const char *result = result_name(status_result(job->status));
    const char *wanted = wanted_state(event);
    if (wanted == NULL)
        err_set(err, "The job is %s; its progress and message do not change any more.", state);
    else if (!has_status(event))
        err_set(err, "The job is %s and cannot become %s.", state, wanted);
    else if (event->status == job->status)
        err_set(err, "The job has ended as %s already, with another message or progress.", state);
    else
        err_set(err, "The job has ended as %s with result %s and cannot become %s with result %s.",
                state, result, wanted, result_name(status_result(event->status)));
    return PROBLEM_CONFLICT;
}

static void change(struct job *job, const struct transition *transition,
                   const struct job_event *event)
{
    int64_t when = event->now > job->modified_on ? event->now : job->modified_on;
    transition->change(job, event, when);
    job->modified_on = when;
    job->modified_by = event->by;
}

enum problem job_apply(struct job *job, const struct job_event *event, bool *ret_changed,
                       struct err *err)
{
    assert(!has_status(event) || status_is_ended(event->status));
    const struct transition *transition = transition_of(job->status, event->kind);
    bool changed = false;
    switch (transition->rule) {
    case RULE_CONFLICT:
        return conflict(job, event, err);
    case RULE_GONE:
        err_set(err, "The job has been deleted.");
        return PROBLEM_JOB_DELETED;
    case RULE_REPEAT:
        if (!is_repetition(job, event))
            return conflict(job, event, err);
        break;
    case RULE_NOTHING:
        break;
    case RULE_CHANGE:
        change(job, transition, event);
        changed = true;
        break;
    }
    *ret_changed = changed;
    return PROBLEM_NONE;
}

bool job_may_retry(const struct job *job)
{
    return !job->self_managed && job->attempt < job->max_attempts;
}

bool job_is_claimable(const struct job *job, int64_t now)
{
    return job->status == STATUS_WAITING && !job->self_managed &&
           (job->run_after == JOB_NO_TIME || job->run_after <= now);
}

int64_t job_backoff_ms(int32_t attempt, uint32_t random)
{
    enum { FIRST = 5000, LONGEST = 3600 * 1000 };
    int64_t ms = FIRST;
    for (int32_t i = 1; i < attempt && ms < LONGEST; i++)
        ms *= 2;
    if (ms > LONGEST)
        ms = LONGEST;
    return ms - ms / 4 + ((ms / 2 * (int64_t)random) >> 32);
}
