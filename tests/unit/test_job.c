/* Tests of the transition table: every event in every status, and what it does to the job. */
#include "model/job.h"

#include "job_test.h"

/* Applies one that must not, and must leave the job alone. */
static enum problem refused(struct job job, const struct job_event *event, struct err *err)
{
    struct job before;
    bool changed = true;
    memcpy(&before, &job, sizeof(job));
    enum problem problem = job_apply(&job, event, &changed, err);
    assert_int_not_equal(problem, PROBLEM_NONE);
    assert_memory_equal(&job, &before, sizeof(job));
    assert_true(changed);
    return problem;
}

/*
 * The decisions on the contract, by status and event: W, R, C, F, D the state it leads to (E either
 * ending), lower case where the state stays and the report counts, `=` legal and nothing changes,
 * `-` a conflict, `x` the job is deleted. Columns: progress start claim end release
 * retry expire delete.
 */
static const struct {
    enum job_status status;
    const char *outcomes;
} decided[] = {
    {STATUS_WAITING, "wRREwW-D"},
    {STATUS_RUNNING, "rr-EWWWD"},
    {STATUS_COMPLETED_SUCCESS, "---=---D"},
    {STATUS_COMPLETED_WITH_ERROR, "---=---D"},
    {STATUS_COMPLETED_ABORTED, "---=---D"},
    {STATUS_FAILED_FAILURE, "---=-=-D"},
    {STATUS_FAILED_ABORTED, "---=-=-D"},
    {STATUS_DELETED_SUCCESS, "xxxxxxx="},
    {STATUS_DELETED_WITH_ERROR, "xxxxxxx="},
    {STATUS_DELETED_FAILURE, "xxxxxxx="},
    {STATUS_DELETED_ABORTED, "xxxxxxx="},
};

static enum job_state state_of_letter(char letter, enum job_status status)
{
    switch (letter) {
    case 'W':
    case 'w':
        return STATE_WAITING;
    case 'R':
    case 'r':
        return STATE_RUNNING;
    case 'E':
        return STATE_COMPLETED;
    case 'D':
        return STATE_DELETED;
    }
    return status_state(status);
}

/* The event as it fits: a repeated ending repeats the status the job has. */
static struct job_event fitting(enum job_event_kind kind, enum job_status status)
{
    struct job_event event = event_of(kind);
    if (kind == EVENT_END && status_is_ended(status))
        event.status = status;
    if (kind == EVENT_RETRY && status_state(status) == STATE_FAILED)
        event.status = status;
    return event;
}

static void check_decision(enum job_status status, enum job_event_kind kind, char outcome)
{
    bool legal = outcome != '-' && outcome != 'x';
    enum job_state state = STATE_COUNT;
    struct job_event event = fitting(kind, status);
    struct job job = job_in(status);
    struct err err = {0};
    assert_int_equal(job_event_legal(status, kind, &state), legal);
    if (!legal) {
        assert_int_equal(state, STATE_COUNT);
        assert_int_equal(refused(job, &event, &err),
                         outcome == 'x' ? PROBLEM_JOB_DELETED : PROBLEM_CONFLICT);
        assert_string_not_equal(err.text, "");
        return;
    }
    assert_int_equal(state, state_of_letter(outcome, status));
    assert_int_equal(apply(&job, &event), outcome != '=');
    assert_int_equal(status_state(job.status), state);
}

static void every_event_in_every_status(void **test)
{
    (void)test;
    assert_int_equal(ARRAY_SIZE(decided), STATUS_COUNT);
    for (size_t i = 0; i < ARRAY_SIZE(decided); i++) {
        assert_int_equal(decided[i].status, i);
        assert_int_equal(strlen(decided[i].outcomes), EVENT_COUNT);
        for (unsigned kind = 0; kind < EVENT_COUNT; kind++)
            check_decision(decided[i].status, kind, decided[i].outcomes[kind]);
    }
}

/* Everything an event has no business with. */
static void assert_same_identity(const struct job *job, const struct job *before)
{
    assert_int_equal(job->position, before->position);
    assert_true(uuid_eq(&job->id, &before->id));
    assert_int_equal(job->change, before->change);
    assert_true(span_eq(job->name, before->name));
    assert_true(span_eq(job->type, before->type));
    assert_true(uuid_eq(&job->user, &before->user));
    assert_true(uuid_eq(&job->created_by, &before->created_by));
    assert_int_equal(job->max_attempts, before->max_attempts);
    assert_int_equal(job->run_after, before->run_after);
    assert_int_equal(job->self_managed, before->self_managed);
}

static void changes_are_signed_and_dated(void **test)
{
    (void)test;
    for (unsigned status = 0; status < STATUS_COUNT; status++) {
        for (unsigned kind = 0; kind < EVENT_COUNT; kind++) {
            struct job before = job_in(status), job = before;
            struct job_event event = fitting(kind, status);
            enum job_state state;
            if (!job_event_legal(status, kind, &state))
                continue;
            bool changed = apply(&job, &event);
            assert_same_identity(&job, &before);
            assert_int_equal(job.attempt, before.attempt + (kind == EVENT_CLAIM));
            assert_true(uuid_eq(&job.modified_by, changed ? &caller : &owner));
            assert_int_equal(job.modified_on, changed ? NOW : BEFORE);
        }
    }
}

static void start_dates_the_start_once(void **test)
{
    struct job job = job_in(STATUS_WAITING);
    struct job_event event = event_of(EVENT_START);
    (void)test;
    event.progress = 3;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_RUNNING);
    assert_int_equal(job.started_on, NOW);
    assert_int_equal(job.progress, 3);
    assert_span(job.message, "as it was");

    event.now = NOW + 10;
    event.progress = 2;
    event.has_message = true;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_RUNNING);
    assert_int_equal(job.started_on, NOW);
    assert_int_equal(job.progress, 2);
    assert_int_equal(job.message.len, 0);
    assert_int_equal(job.modified_on, NOW + 10);
}

static void start_keeps_a_start_that_is_there(void **test)
{
    struct job job = job_in(STATUS_WAITING);
    struct job_event event = event_of(EVENT_START);
    (void)test;
    job.started_on = STARTED;
    assert_true(apply(&job, &event));
    assert_int_equal(job.started_on, STARTED);
}

static void progress_is_a_sign_of_life(void **test)
{
    struct job job = job_in(STATUS_RUNNING);
    struct job_event event = event_of(EVENT_PROGRESS);
    (void)test;
    assert_true(apply(&job, &event));
    assert_int_equal(job.modified_on, NOW);
    assert_int_equal(job.progress, 40);
    assert_span(job.message, "as it was");
}

static void progress_may_come_before_the_start(void **test)
{
    struct job job = job_in(STATUS_WAITING);
    struct job_event event = event_of(EVENT_PROGRESS);
    (void)test;
    event.progress = 7;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_WAITING);
    assert_int_equal(job.started_on, JOB_NO_TIME);
    assert_int_equal(job.progress, 7);
}

static void end_from_waiting_starts_at_the_end(void **test)
{
    struct job job = job_in(STATUS_WAITING);
    struct job_event event = event_of(EVENT_END);
    (void)test;
    event.status = STATUS_FAILED_FAILURE;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_FAILED_FAILURE);
    assert_int_equal(job.started_on, NOW);
    assert_int_equal(job.ended_on, NOW);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);
}

static void every_ending_is_reached(void **test)
{
    (void)test;
    for (unsigned ending = 0; ending < STATUS_COUNT; ending++) {
        struct job job = job_in(STATUS_RUNNING);
        struct job_event event = event_of(EVENT_END);
        if (!status_is_ended(ending))
            continue;
        event.status = ending;
        event.progress = 100;
        event.has_message = true;
        event.message = (struct span)SPAN("done");
        assert_true(apply(&job, &event));
        assert_int_equal(job.status, ending);
        assert_int_equal(job.started_on, STARTED);
        assert_int_equal(job.ended_on, NOW);
        assert_int_equal(job.progress, 100);
        assert_span(job.message, "done");
    }
}

static void only_the_same_ending_repeats(void **test)
{
    struct job job = job_in(STATUS_COMPLETED_SUCCESS);
    struct job_event event = event_of(EVENT_END);
    struct err err = {0};
    (void)test;
    assert_false(apply(&job, &event));
    event.progress = 40;
    event.has_message = true;
    event.message = (struct span)SPAN("as it was");
    assert_false(apply(&job, &event));
    assert_int_equal(job.modified_on, BEFORE);

    event.progress = 41;
    assert_int_equal(refused(job, &event, &err), PROBLEM_CONFLICT);
    event.progress = 40;
    event.message = (struct span)SPAN("");
    assert_int_equal(refused(job, &event, &err), PROBLEM_CONFLICT);
    assert_sentence(&err, "ended as COMPLETED already");
    event = event_of(EVENT_END);
    event.status = STATUS_COMPLETED_ABORTED;
    assert_int_equal(refused(job, &event, &err), PROBLEM_CONFLICT);
    assert_string_equal(err.text, "The job has ended as COMPLETED with result SUCCESS and cannot "
                                  "become COMPLETED with result ABORTED.");
}

static void conflicts_name_both_states(void **test)
{
    struct job_event event = event_of(EVENT_START);
    struct err err = {0};
    (void)test;
    refused(job_in(STATUS_FAILED_ABORTED), &event, &err);
    assert_string_equal(err.text, "The job is FAILED and cannot become RUNNING.");
    event = event_of(EVENT_RELEASE);
    refused(job_in(STATUS_COMPLETED_SUCCESS), &event, &err);
    assert_string_equal(err.text, "The job is COMPLETED and cannot become WAITING.");
    event = event_of(EVENT_PROGRESS);
    refused(job_in(STATUS_COMPLETED_SUCCESS), &event, &err);
    assert_sentence(&err, "The job is COMPLETED; ");
}

static void release_forgets_the_run(void **test)
{
    struct job job = job_in(STATUS_RUNNING);
    struct job_event event = event_of(EVENT_RELEASE);
    (void)test;
    assert_true(apply(&job, &event));
    assert_int_equal(job.status, STATUS_WAITING);
    assert_int_equal(job.started_on, JOB_NO_TIME);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);
    assert_span(job.message, "as it was");
}

/* A client that repeats a release because the answer was lost must not change the outcome. */
static void release_repeated_ends_the_same(void **test)
{
    struct job job = job_in(STATUS_RUNNING);
    struct job_event event = event_of(EVENT_RELEASE);
    (void)test;
    event.progress = 5;
    event.has_message = true;
    event.message = (struct span)SPAN("later");
    for (int i = 0; i < 2; i++) {
        assert_true(apply(&job, &event));
        assert_int_equal(job.status, STATUS_WAITING);
        assert_int_equal(job.started_on, JOB_NO_TIME);
        assert_int_equal(job.progress, 5);
        assert_span(job.message, "later");
    }
}

static void delete_keeps_what_was_finished(void **test)
{
    static const enum job_status after[STATUS_COUNT] = {
        [STATUS_WAITING] = STATUS_DELETED_ABORTED,
        [STATUS_RUNNING] = STATUS_DELETED_ABORTED,
        [STATUS_COMPLETED_SUCCESS] = STATUS_DELETED_SUCCESS,
        [STATUS_COMPLETED_WITH_ERROR] = STATUS_DELETED_WITH_ERROR,
        [STATUS_COMPLETED_ABORTED] = STATUS_DELETED_ABORTED,
        [STATUS_FAILED_FAILURE] = STATUS_DELETED_FAILURE,
        [STATUS_FAILED_ABORTED] = STATUS_DELETED_ABORTED,
    };
    struct job_event event = event_of(EVENT_DELETE);
    (void)test;
    event.progress = 0;
    for (unsigned status = 0; status < STATUS_DELETED_SUCCESS; status++) {
        struct job before = job_in(status), job = before;
        assert_true(apply(&job, &event));
        assert_int_equal(job.status, after[status]);
        assert_int_equal(job.ended_on, before.ended_on == JOB_NO_TIME ? NOW : ENDED);
        assert_int_equal(job.started_on, before.started_on);
        assert_int_equal(job.progress, before.progress);
        assert_span(job.message, "Deleted by user");
    }
}

static void deleted_again_stays_as_it_is(void **test)
{
    (void)test;
    for (unsigned status = STATUS_DELETED_SUCCESS; status < STATUS_COUNT; status++) {
        struct job_event event = event_of(EVENT_DELETE);
        struct job job = job_in(status), before;
        memcpy(&before, &job, sizeof(job));
        assert_false(apply(&job, &event));
        assert_memory_equal(&job, &before, sizeof(job));
    }
}

/* The clock may be set back; the job's own history must not run backwards. */
static void history_never_runs_backwards(void **test)
{
    uint64_t seed = 0x9E3779B97F4A7C15;
    (void)test;
    for (int round = 0; round < 5000; round++) {
        struct job job = job_in(STATUS_WAITING);
        job.modified_on = job_created_on(&job);
        for (int step = 0; step < 8; step++) {
            struct job_event event = event_of(next_number(&seed) % EVENT_COUNT);
            int64_t modified_on = job.modified_on;
            bool changed;
            event.now = (int64_t)(next_number(&seed) % 4000);
            job.attempt = (int32_t)(next_number(&seed) % 3);
            if (job_apply(&job, &event, &changed, NULL) != PROBLEM_NONE)
                continue;
            assert_true(job.modified_on >= modified_on);
            if (job.started_on != JOB_NO_TIME)
                assert_in_range(job.started_on, job_created_on(&job), job.modified_on);
            if (job.ended_on != JOB_NO_TIME)
                assert_in_range(job.ended_on, job.started_on == JOB_NO_TIME ? 0 : job.started_on,
                                job.modified_on);
            assert_int_equal(job.ended_on != JOB_NO_TIME,
                             status_is_ended(job.status) || status_is_deleted(job.status));
            assert_true(job.started_on != JOB_NO_TIME || !status_is_ended(job.status));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_event_in_every_status),
        cmocka_unit_test(changes_are_signed_and_dated),
        cmocka_unit_test(start_dates_the_start_once),
        cmocka_unit_test(progress_is_a_sign_of_life),
        cmocka_unit_test(progress_may_come_before_the_start),
        cmocka_unit_test(end_from_waiting_starts_at_the_end),
        cmocka_unit_test(every_ending_is_reached),
        cmocka_unit_test(only_the_same_ending_repeats),
        cmocka_unit_test(conflicts_name_both_states),
        cmocka_unit_test(release_forgets_the_run),
        cmocka_unit_test(release_repeated_ends_the_same),
        cmocka_unit_test(delete_keeps_what_was_finished),
        cmocka_unit_test(deleted_again_stays_as_it_is),
        cmocka_unit_test(history_never_runs_backwards),
        cmocka_unit_test(start_keeps_a_start_that_is_there),
    };
    return cmocka_run_group_tests_name("job", tests, NULL, NULL);
}
