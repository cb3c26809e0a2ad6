/* The transition table of jobs and the one function that moves a job along it. */
#include "model/job.h"

#include <assert.h>

/*
 * What each event does in each state; doc/states.dot draws the same.
 *
 *              PROGRESS  START    END        RELEASE  EXPIRE   DELETE
 *   WAITING    report    RUNNING  an ending  report   -        DELETED
 *   RUNNING    report    report   an ending  WAITING  WAITING  DELETED
 *                                                     or FAILED
 *   COMPLETED  -         -        repeat     -        -        DELETED
 *   FAILED     -         -        repeat     -        -        DELETED
 *   DELETED    gone      gone     gone       gone     gone     nothing
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

static change_fn change_report, change_start, change_end, change_release, change_expire,
    change_delete;

#define CHANGE(state, function)                                                                    \
    {                                                                                              \
        RULE_CHANGE, STATE_##state, function                                                       \
    }

static const struct transition transitions[STATE_COUNT][EVENT_COUNT] = {
    [STATE_WAITING] =
        {
            [EVENT_PROGRESS] = CHANGE(WAITING, change_report),
            [EVENT_START] = CHANGE(RUNNING, change_start),
            [EVENT_END] = CHANGE(COMPLETED, change_end),
            [EVENT_RELEASE] = CHANGE(WAITING, change_report),
            [EVENT_EXPIRE] = {RULE_CONFLICT},
            [EVENT_DELETE] = CHANGE(DELETED, change_delete),
        },
    [STATE_RUNNING] =
        {
            [EVENT_PROGRESS] = CHANGE(RUNNING, change_report),
            [EVENT_START] = CHANGE(RUNNING, change_report),
            [EVENT_END] = CHANGE(COMPLETED, change_end),
            [EVENT_RELEASE] = CHANGE(WAITING, change_release),
            [EVENT_EXPIRE] = CHANGE(WAITING, change_expire),
            [EVENT_DELETE] = CHANGE(DELETED, change_delete),
        },
    [STATE_COMPLETED] =
        {
            [EVENT_PROGRESS] = {RULE_CONFLICT},
            [EVENT_START] = {RULE_CONFLICT},
            [EVENT_END] = {RULE_REPEAT, STATE_COMPLETED},
            [EVENT_RELEASE] = {RULE_CONFLICT},
            [EVENT_EXPIRE] = {RULE_CONFLICT},
            [EVENT_DELETE] = CHANGE(DELETED, change_delete),
        },
    [STATE_FAILED] =
        {
            [EVENT_PROGRESS] = {RULE_CONFLICT},
            [EVENT_START] = {RULE_CONFLICT},
            [EVENT_END] = {RULE_REPEAT, STATE_FAILED},
            [EVENT_RELEASE] = {RULE_CONFLICT},
            [EVENT_EXPIRE] = {RULE_CONFLICT},
            [EVENT_DELETE] = CHANGE(DELETED, change_delete),
        },
    [STATE_DELETED] =
        {
            [EVENT_PROGRESS] = {RULE_GONE},
            [EVENT_START] = {RULE_GONE},
            [EVENT_END] = {RULE_GONE},
            [EVENT_RELEASE] = {RULE_GONE},
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
    if (job->started_on == JOB_NO_TIME)
        job->started_on = when;
    change_report(job, event, when);
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

static void release(struct job *job)
{
    job->status = STATUS_WAITING;
    job->started_on = JOB_NO_TIME;
    job->progress = JOB_NO_PROGRESS;
}

/* What came with the release is taken over after clearing, so that sending it twice ends the same.
 */
static void change_release(struct job *job, const struct job_event *event, int64_t when)
{
    release(job);
    change_report(job, event, when);
}

static void change_expire(struct job *job, const struct job_event *event, int64_t when)
{
    (void)event;
    if (job->attempt < job->max_attempts) {
        release(job);
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

/* The state an event asks for, as its sentence names it; NULL when it asks for none. */
static const char *wanted_state(const struct job_event *event)
{
    switch (event->kind) {
    case EVENT_START:
        return state_name(STATE_RUNNING);
    case EVENT_END:
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
    else if (event->kind != EVENT_END)
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
    assert(event->kind != EVENT_END || status_is_ended(event->status));
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
