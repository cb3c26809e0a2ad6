/* Creating: positions, ids and change numbers, and that every field comes back as it was given. */
#include "fixture.h"

#include "base/text.h"

#include <string.h>

/* `count` times the text. */
static struct span repeated(struct arena *arena, const char *text, size_t count)
{
    size_t len = strlen(text);
    char *memory = arena_alloc(arena, count, len);

    assert_non_null(memory);
    for (size_t i = 0; i < count; i++)
        memcpy(memory + i * len, text, len);
    return (struct span){memory, count * len};
}

static void rises_while_the_clock_stands(void **state)
{
    struct fixture *fixture = *state;
    struct job last = must_create_named(fixture, "first");

    assert_true(job_created_on(&last) == START_MS);
    for (int i = 0; i < 100; i++) {
        struct job job = must_create_named(fixture, "next");
        assert_true(job.position > last.position);
        assert_true(job_created_on(&job) == START_MS);
        last = job;
    }
}

static void rises_when_the_clock_jumps_back(void **state)
{
    struct fixture *fixture = *state;
    struct job first = must_create_named(fixture, "first"), second, third;

    fixture->clock.ms = START_MS - HOUR_MS;
    second = must_create_named(fixture, "second");
    assert_true(second.position > first.position);
    fixture->clock.ms = START_MS - 2 * HOUR_MS;
    third = must_create_named(fixture, "third");
    assert_true(third.position > second.position);
    fixture->clock.ms = START_MS + 1;
    third = must_create_named(fixture, "fourth");
    assert_true(job_created_on(&third) == START_MS + 1);
}

static void ids_carry_the_position(void **state)
{
    struct fixture *fixture = *state;

    for (int i = 0; i < 20; i++) {
        struct job job = must_create_named(fixture, "job");
        int64_t position;
        assert_true(uuid_position(&job.id, &position));
        assert_true(position == job.position);
        fixture->clock.ms += i % 3;
    }
}

static void changes_are_consecutive(void **state)
{
    struct fixture *fixture = *state;
    struct job first = must_create_named(fixture, "first");
    struct job_event start = {.kind = EVENT_START, .by = user_at(2), .progress = JOB_NO_PROGRESS};
    struct draft drafts[10];
    struct job updated, *jobs;

    assert_true(first.change > 0);
    assert_int_equal(job_report(fixture->store, &fixture->arena, &first.id, start, &updated),
                     PROBLEM_NONE);
    assert_true(updated.change == first.change + 1);
    for (size_t i = 0; i < ARRAY_SIZE(drafts); i++)
        drafts[i] = draft_of(&fixture->arena, "bulk", "TEST");
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, ARRAY_SIZE(drafts), &jobs),
                     PROBLEM_NONE);
    for (size_t i = 0; i < ARRAY_SIZE(drafts); i++)
        assert_true(jobs[i].change == first.change + 2 + (int64_t)i);
    assert_true(must_create_named(fixture, "last").change == first.change + 12);
}

/* As the caller gets it, and as it is read afterwards. */
static void assert_created(struct fixture *fixture, const struct draft *draft)
{
    struct job created = must_create(fixture, draft);
    struct job expected = draft_job(draft, created.position, &created.id, created.change);
    struct job kept = must_get(fixture, &created.id);

    assert_same_job(&created, &expected);
    assert_same_job(&kept, &expected);
}

static void every_field_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "Straße \"é\" \\ %_*", "DELTA_INGESTION");

    draft.message = span_of("first line\n\tsecond line");
    draft.payload = span_of("{\"path\":[1,2.5,null,\"ü\"]}");
    draft.self_managed = true;
    draft.has_user = true;
    draft.user = user_at(2);
    draft.created_by = user_at(3);
    draft.run_after = START_MS + 5;
    draft.priority = -7;
    draft.max_attempts = 3;
    assert_created(fixture, &draft);
}

static void absent_fields_stay_absent(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "n", "t");
    struct job job = must_create(fixture, &draft);

    job = must_get(fixture, &job.id);
    assert_int_equal(job.message.len, 0);
    assert_true(job.started_on == JOB_NO_TIME && job.ended_on == JOB_NO_TIME);
    assert_true(job.run_after == JOB_NO_TIME);
    assert_int_equal(job.progress, JOB_NO_PROGRESS);
    assert_int_equal(job.status, STATUS_WAITING);
    assert_true(job.modified_on == job_created_on(&job));
}

static void limits_come_back(void **state)
{
    static const char wide[] = "\U0001F680"; /* four bytes a code point */
    struct fixture *fixture = *state;
    struct arena *arena = &fixture->arena;
    struct draft draft = draft_of(arena, "", "");

    draft.name = repeated(arena, wide, JOB_NAME_MAX);
    draft.name_folded = text_fold(arena, draft.name);
    draft.type = repeated(arena, wide, JOB_TYPE_MAX);
    draft.message = repeated(arena, wide, JOB_MESSAGE_MAX);
    draft.payload = repeated(arena, "[]", DRAFT_PAYLOAD_MAX / 2);
    draft.run_after = CLOCK_MAX_MS;
    draft.priority = DRAFT_PRIORITY_MAX;
    draft.max_attempts = DRAFT_ATTEMPTS_MAX;
    assert_created(fixture, &draft);
    draft.run_after = 0;
    draft.priority = DRAFT_PRIORITY_MIN;
    assert_created(fixture, &draft);
}

/* U+FDFA folds to eighteen code points: what is kept may be far longer than what was given. */
static void a_name_that_grows_by_folding_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct draft draft = draft_of(&fixture->arena, "", "TEST");

    draft.name = repeated(&fixture->arena, "\uFDFA", JOB_NAME_MAX);
    draft.name_folded = text_fold(&fixture->arena, draft.name);
    assert_true(draft.name_folded.len > 8000);
    assert_created(fixture, &draft);
    draft.name = repeated(&fixture->arena, "\u00AD", JOB_NAME_MAX); /* ignorable: nothing is left */
    draft.name_folded = text_fold(&fixture->arena, draft.name);
    assert_int_equal(draft.name_folded.len, 0);
    assert_created(fixture, &draft);
}

static void nothing_is_borrowed_from_the_draft(void **state)
{
    struct fixture *fixture = *state;
    char text[] = "before";
    struct draft draft = draft_of(&fixture->arena, text, text);
    struct job created, kept;

    draft.message = span_of(text);
    created = must_create(fixture, &draft);
    memcpy(text, "after!", sizeof(text));
    kept = must_get(fixture, &created.id);
    assert_true(span_is(kept.name, "before"));
    assert_true(span_is(kept.type, "before"));
    assert_true(span_is(kept.message, "before"));
}

static void bulk_keeps_the_order(void **state)
{
    struct fixture *fixture = *state;
    struct draft *drafts = ARENA_ARRAY(&fixture->arena, struct draft, DRAFT_BULK_MAX);
    struct job *jobs;

    for (size_t i = 0; i < DRAFT_BULK_MAX; i++)
        drafts[i] = draft_of(&fixture->arena, arena_printf(&fixture->arena, "job %zu", i), "BULK");
    assert_int_equal(job_create(fixture->store, &fixture->arena, drafts, DRAFT_BULK_MAX, &jobs),
                     PROBLEM_NONE);
    for (size_t i = 0; i < DRAFT_BULK_MAX; i++) {
        struct job kept = must_get(fixture, &jobs[i].id);
        assert_true(span_eq(jobs[i].name, drafts[i].name));
        assert_same_job(&kept, &jobs[i]);
        assert_true(i == 0 || jobs[i].position > jobs[i - 1].position);
    }
    assert_int_equal(job_count(fixture->store), DRAFT_BULK_MAX);
}

static void a_failed_bulk_creates_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct job before = must_create_named(fixture, "before");
    struct draft drafts[200];
    struct job *jobs;
    AUTO(arena_release) struct arena tight;

    arena_init(&tight, 64); /* the jobs do not fit into the answer */
    for (size_t i = 0; i < ARRAY_SIZE(drafts); i++)
        drafts[i] = draft_of(&fixture->arena, "bulk", "TEST");
    assert_int_equal(job_create(fixture->store, &tight, drafts, ARRAY_SIZE(drafts), &jobs),
                     PROBLEM_NO_MEMORY);
    assert_int_equal(job_count(fixture->store), 1);
    assert_true(must_create_named(fixture, "after").change == before.change + 1);
}

static void a_bulk_of_nothing_creates_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct job before = must_create_named(fixture, "before");
    struct draft draft = draft_of(&fixture->arena, "not asked for", "TEST");
    struct job *jobs;

    assert_int_equal(job_create(fixture->store, &fixture->arena, &draft, 0, &jobs), PROBLEM_NONE);
    assert_int_equal(job_count(fixture->store), 1);
    assert_true(must_create_named(fixture, "after").change == before.change + 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(rises_while_the_clock_stands),
        STORE_TEST(rises_when_the_clock_jumps_back),
        STORE_TEST(ids_carry_the_position),
        STORE_TEST(changes_are_consecutive),
        STORE_TEST(every_field_comes_back),
        STORE_TEST(absent_fields_stay_absent),
        STORE_TEST(limits_come_back),
        STORE_TEST(a_name_that_grows_by_folding_comes_back),
        STORE_TEST(nothing_is_borrowed_from_the_draft),
        STORE_TEST(bulk_keeps_the_order),
        STORE_TEST(a_failed_bulk_creates_nothing),
        STORE_TEST(a_bulk_of_nothing_creates_nothing),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store create", tests, NULL, NULL);
}
