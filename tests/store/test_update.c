/* Updating: the mutator decides inside the transaction, and no update is lost. */
#include "fixture.h"
#include "threads.h"

#include <string.h>

#define LOST_THREADS 8
#define LOST_ROUNDS 100
#define PIPELINE 300

/* What a mutator of the tests is told to do, and what it saw. */
struct script {
    enum problem problem;
    bool changed;
    const char *message; /* to write; NULL: leave the job alone */
    _Atomic int calls;
    int64_t now;
    struct job seen;
};

static enum problem follow_script(void *context, const struct hold *hold, bool *ret_changed,
                                  struct err *err)
{
    struct script *script = context;

    script->calls++;
    script->now = hold->now.wall;
    script->seen = *hold->job;
    if (script->message != NULL)
        hold->job->message = span_of(script->message);
    if (script->problem != PROBLEM_NONE)
        err_set(err, "as the script says");
    *ret_changed = script->changed;
    return script->problem;
}

static struct store_update scripted(struct fixture *fixture, const struct uuid *id,
                                    struct script *script)
{
    struct store_update update = {
        .id = *id, .mutate = follow_script, .context = script, .arena = &fixture->arena};

    STORE_WAIT(store_update, fixture->store, &update);
    return update;
}

static void the_mutator_sees_the_current_job(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job");
    struct script script = {.changed = true, .message = "one"};
    struct store_update update = scripted(fixture, &created.id, &script);

    assert_int_equal(update.call.problem, PROBLEM_NONE);
    assert_true(script.calls > 0);
    assert_same_job(&script.seen, &created);
    script.message = "two";
    scripted(fixture, &created.id, &script);
    assert_same_job(&script.seen, &update.job);
    assert_true(span_is(script.seen.message, "one"));
}

static void a_change_is_stored_and_numbered(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job"), kept;
    struct script script = {.changed = true, .message = "new"};
    struct store_update update = scripted(fixture, &created.id, &script);

    kept = must_get(fixture, &created.id);
    assert_same_job(&kept, &update.job);
    created.message = span_of("new");
    created.change++;
    assert_same_job(&kept, &created);
}

static void a_problem_leaves_the_job_untouched(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job"), kept;
    struct script script = {.problem = PROBLEM_CONFLICT, .changed = true, .message = "never"};
    struct store_update update = scripted(fixture, &created.id, &script);

    assert_int_equal(update.call.problem, PROBLEM_CONFLICT);
    assert_string_equal(update.call.err.text, "as the script says");
    assert_same_job(&update.job, &created);
    kept = must_get(fixture, &created.id);
    assert_same_job(&kept, &created);
    assert_true(must_create_named(fixture, "next").change == created.change + 1);
}

static void unchanged_stores_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job"), kept;
    struct script script = {.changed = false};
    struct store_update update = scripted(fixture, &created.id, &script);

    assert_int_equal(update.call.problem, PROBLEM_NONE);
    assert_same_job(&update.job, &created);
    kept = must_get(fixture, &created.id);
    assert_same_job(&kept, &created);
    assert_true(must_create_named(fixture, "next").change == created.change + 1);
}

static void an_unknown_id_calls_no_mutator(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job");
    struct script script = {.changed = true, .message = "never"};
    struct uuid random = uuid_random(), same_position = uuid_at(created.position);

    assert_int_equal(scripted(fixture, &random, &script).call.problem, PROBLEM_JOB_NOT_FOUND);
    assert_int_equal(scripted(fixture, &same_position, &script).call.problem,
                     PROBLEM_JOB_NOT_FOUND);
    assert_int_equal(script.calls, 0);
}

static void now_is_the_stores_clock(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job");
    struct script script = {.changed = true};

    fixture->clock.ms = START_MS + 1234;
    scripted(fixture, &created.id, &script);
    assert_true(script.now == START_MS + 1234);
    fixture->clock.ms = START_MS - 1;
    scripted(fixture, &created.id, &script);
    assert_true(script.now == START_MS - 1);
}

/* Every field another than the one before, the texts included. */
static struct job content_of(int status, struct span message)
{
    bool odd = status % 2 == 1;

    return (struct job){
        .status = (enum job_status)status,
        .self_managed = odd,
        .progress = odd ? 100 - status : JOB_NO_PROGRESS,
        .message = odd ? message : (struct span){NULL, 0},
        .user = user_at((unsigned)status),
        .created_by = user_at((unsigned)status + 1),
        .modified_by = user_at((unsigned)status + 2),
        .modified_on = odd ? CLOCK_MAX_MS : START_MS + status,
        .started_on = odd ? 0 : JOB_NO_TIME,
        .ended_on = odd ? JOB_NO_TIME : CLOCK_MAX_MS - status,
        .run_after = odd ? START_MS : JOB_NO_TIME,
        .priority = odd ? DRAFT_PRIORITY_MAX : DRAFT_PRIORITY_MIN,
        .attempt = status,
        .max_attempts = DRAFT_ATTEMPTS_MAX - status,
    };
}

static void every_field_can_change(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job"), kept, updated;
    char *memory = arena_alloc(&fixture->arena, JOB_MESSAGE_MAX, 4);

    for (size_t i = 0; i < JOB_MESSAGE_MAX; i++)
        memcpy(memory + 4 * i, "\U0010FFFD", 4);
    for (int status = 0; status < STATUS_COUNT; status++) {
        struct job content = content_of(status, (struct span){memory, (size_t)4 * JOB_MESSAGE_MAX});
        /* Who a job is of does not change. */
        content.user = created.user;
        content.created_by = created.created_by;
        assert_int_equal(job_put(fixture->store, &fixture->arena, &created.id, &content, &updated),
                         PROBLEM_NONE);
        content.position = created.position;
        content.id = created.id;
        content.name = created.name;
        content.type = created.type;
        content.change = created.change + 1 + status;
        assert_same_job(&updated, &content);
        kept = must_get(fixture, &created.id);
        assert_same_job(&kept, &content);
    }
}

static void the_outcome_outlives_the_context(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job"), kept;
    char message[] = "before";
    struct script script = {.changed = true, .message = message};
    struct store_update update = scripted(fixture, &created.id, &script);

    memcpy(message, "after!", sizeof(message));
    kept = must_get(fixture, &created.id);
    assert_true(span_is(kept.message, "before"));
    assert_true(span_is(update.job.message, "before"));
}

static enum problem count_one(void *context, const struct hold *hold, bool *ret_changed,
                              struct err *err)
{
    (void)context;
    (void)err;
    hold->job->attempt++;
    *ret_changed = true;
    return PROBLEM_NONE;
}

struct lost {
    struct store *store;
    struct uuid id;
};

static bool update_often(void *context, size_t number)
{
    const struct lost *lost = context;
    bool good = true;

    (void)number;
    for (int i = 0; i < LOST_ROUNDS; i++) {
        AUTO(arena_release) struct arena arena;
        arena_init(&arena, 1 << 20);
        struct store_update update = {.id = lost->id, .mutate = count_one, .arena = &arena};
        STORE_WAIT(store_update, lost->store, &update);
        good = good && update.call.problem == PROBLEM_NONE;
    }
    return good;
}

static void no_concurrent_update_is_lost(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job"), kept;
    struct lost lost = {.store = fixture->store, .id = created.id};

    assert_int_equal(threads_run(LOST_THREADS, update_often, &lost), 0);
    kept = must_get(fixture, &created.id);
    assert_int_equal(kept.attempt, LOST_THREADS * LOST_ROUNDS);
    assert_true(kept.change == created.change + LOST_THREADS * LOST_ROUNDS);
}

/* Every third one fails: its neighbours in the same batch must not notice. */
static enum problem count_or_fail(void *context, const struct hold *hold, bool *ret_changed,
                                  struct err *err)
{
    return context != NULL ? PROBLEM_CONFLICT : count_one(context, hold, ret_changed, err);
}

struct waiting_update {
    struct store_update update;
    struct store_waiter waiter;
};

static void updates_in_one_batch_see_each_other(void **state)
{
    struct fixture *fixture = *state;
    struct job created = must_create_named(fixture, "job"), kept;
    struct waiting_update *list = ARENA_ARRAY(&fixture->arena, struct waiting_update, PIPELINE);
    struct arena *arenas = ARENA_ARRAY(&fixture->arena, struct arena, PIPELINE);
    int32_t good = 0;

    for (size_t i = 0; i < PIPELINE; i++) {
        arena_init(&arenas[i], 1 << 16);
        list[i].update = (struct store_update){.id = created.id,
                                               .mutate = count_or_fail,
                                               .context = i % 3 == 2 ? fixture : NULL,
                                               .arena = &arenas[i]};
        store_waiter_init(&list[i].waiter, &list[i].update.call);
        store_update(fixture->store, &list[i].update);
    }
    for (size_t i = 0; i < PIPELINE; i++) {
        store_waiter_wait(&list[i].waiter);
        good += i % 3 != 2;
        assert_int_equal(list[i].update.call.problem, i % 3 == 2 ? PROBLEM_CONFLICT : PROBLEM_NONE);
        assert_int_equal(list[i].update.job.attempt, good);
        assert_true(list[i].update.job.change == created.change + good);
        arena_release(&arenas[i]);
    }
    kept = must_get(fixture, &created.id);
    assert_int_equal(kept.attempt, good);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_mutator_sees_the_current_job),
        STORE_TEST(a_change_is_stored_and_numbered),
        STORE_TEST(a_problem_leaves_the_job_untouched),
        STORE_TEST(unchanged_stores_nothing),
        STORE_TEST(an_unknown_id_calls_no_mutator),
        STORE_TEST(now_is_the_stores_clock),
        STORE_TEST(every_field_can_change),
        STORE_TEST(the_outcome_outlives_the_context),
        STORE_TEST(no_concurrent_update_is_lost),
        STORE_TEST(updates_in_one_batch_see_each_other),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store update", tests, NULL, NULL);
}
