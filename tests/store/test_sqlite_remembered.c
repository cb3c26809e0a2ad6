/* Tests of remembered jobs: what was kept under a change number comes back, and nothing else. */
#include "store/sqlite/remembered.h"

#include "fixture.h"

#include "base/mem.h"

static struct remembered *remembered;
static struct arena arena;

static int setup(void **test)
{
    (void)test;
    remembered = mem_need(mem_alloc(1, sizeof(*remembered)));
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **test)
{
    (void)test;
    mem_free(remembered);
    arena_release(&arena);
    return 0;
}

static struct job job_of(int64_t change, const char *name)
{
    return (struct job){.change = change,
                        .position = change << 20,
                        .progress = 7,
                        .name = span_of(name),
                        .type = SPAN("TYPE"),
                        .started_on = 5,
                        .run_after = JOB_NO_TIME};
}

static void what_was_kept_comes_back(void **test)
{
    char name[] = "Name";
    struct job kept = job_of(1000, name), expected = job_of(1000, "Name"), found;
    (void)test;
    remembered_keep(remembered, &kept);
    memset(name, 'x', sizeof(name) - 1);
    assert_true(remembered_find(remembered, 1000, &arena, &found));
    assert_same_job(&found, &expected);
    remembered_keep(remembered, &(struct job){.change = 1000});
    assert_same_job(&found, &expected);
}

static void nothing_else_does(void **test)
{
    struct job first = job_of(3, "first"), second = job_of(3 + REMEMBERED_JOBS, "second"), found;
    (void)test;
    assert_false(remembered_find(remembered, 0, &arena, &found));
    remembered_keep(remembered, &first);
    assert_false(remembered_find(remembered, 3 + REMEMBERED_JOBS, &arena, &found));
    remembered_keep(remembered, &second);
    assert_false(remembered_find(remembered, 3, &arena, &found));
    assert_true(remembered_find(remembered, 3 + REMEMBERED_JOBS, &arena, &found));
    assert_same_job(&found, &second);
}

/* Texts that just fit, and one byte more, in each of the three. */
static void long_texts_are_not_kept(void **test)
{
    static char text[REMEMBERED_TEXT + 1];
    (void)test;
    memset(text, 'a', sizeof(text));
    for (int64_t i = 0; i < 3; i++) {
        struct job job = job_of(10 + i, ""), found;
        struct span *const texts[] = {&job.name, &job.message, &job.type};
        job.type = (struct span){"", 0};
        *texts[i] = (struct span){text, REMEMBERED_TEXT + 1};
        remembered_keep(remembered, &job);
        assert_false(remembered_find(remembered, job.change, &arena, &found));
        texts[i]->len--;
        remembered_keep(remembered, &job);
        assert_true(remembered_find(remembered, job.change, &arena, &found));
        assert_same_job(&found, &job);
    }
}

static void without_memory_nothing_is_found(void **test)
{
    struct job job = job_of(1, "name"), found;
    struct arena none;
    (void)test;
    arena_init(&none, 1);
    remembered_keep(remembered, &job);
    assert_false(remembered_find(remembered, 1, &none, &found));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_was_kept_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_else_does, setup, teardown),
        cmocka_unit_test_setup_teardown(long_texts_are_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory_nothing_is_found, setup, teardown),
    };
    return cmocka_run_group_tests_name("remembered", tests, NULL, NULL);
}
