/* What the tests of jobs share: a job in each status, and events that fit it. */
#ifndef JOBD_TESTS_UNIT_JOB_TEST_H
#define JOBD_TESTS_UNIT_JOB_TEST_H

#include "model/job.h"
#include "model_test.h"

enum { NOW = 5000, BEFORE = 4000, STARTED = 3000, ENDED = 3500 };

static const struct uuid owner = {{1}};
static const struct uuid caller = {{2}};

/* A job as it would be in a status: dates, progress and message set where they can be. */
static inline struct job job_in(enum job_status status)
{
    struct job job = {
        .position = position_at(1000),
        .id = {{9}},
        .change = 17,
        .status = status,
        .progress = 40,
        .name = SPAN("Import"),
        .type = SPAN("IMPORT"),
        .message = SPAN("as it was"),
        .user = owner,
        .created_by = owner,
        .modified_by = owner,
        .modified_on = BEFORE,
        .started_on = STARTED,
        .ended_on = ENDED,
        .run_after = JOB_NO_TIME,
        .attempt = 1,
        .max_attempts = 2,
    };
    if (status == STATUS_WAITING) {
        job.progress = JOB_NO_PROGRESS;
        job.started_on = JOB_NO_TIME;
    }
    if (status == STATUS_WAITING || status == STATUS_RUNNING)
        job.ended_on = JOB_NO_TIME;
    return job;
}

static inline struct job_event event_of(enum job_event_kind kind)
{
    struct job_event event = {.kind = kind,
                              .by = caller,
                              .now = NOW,
                              .run_after = JOB_NO_TIME,
                              .progress = JOB_NO_PROGRESS};
    if (kind == EVENT_END)
        event.status = STATUS_COMPLETED_SUCCESS;
    if (kind == EVENT_RETRY)
        event.status = STATUS_FAILED_FAILURE;
    if (kind == EVENT_DELETE) {
        event.has_message = true;
        event.message = (struct span)SPAN("Deleted by user");
    }
    return event;
}

/* Applies an event that must succeed. */
static inline bool apply(struct job *job, const struct job_event *event)
{
    struct err err = {0};
    bool changed = false;
    assert_int_equal(job_apply(job, event, &changed, &err), PROBLEM_NONE);
    assert_string_equal(err.text, "");
    return changed;
}

#endif
