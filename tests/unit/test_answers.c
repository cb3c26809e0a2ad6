/* Tests of answers: which are found again, which make room, and that held ones stay. */
#include "store/sqlite/index/answers.h"

#include "base/mem.h"
#include "model_test.h"

#define MANY 5000
#define LARGE 60000 /* jobs apart, two bytes each */

static struct answers *answers;

static int setup(void **test)
{
    (void)test;
    answers = mem_alloc(1, sizeof(*answers));
    return answers != NULL ? 0 : -1;
}

static int teardown(void **test)
{
    (void)test;
    answers_release(answers);
    mem_free(answers);
    return 0;
}

static struct answer_key key_of(int64_t number)
{
    return answer_key_with((struct answer_key){{0}}, &number, 1);
}

/* Of so many jobs from a number on. */
static struct answer *keep(int64_t number, uint32_t count)
{
    struct answer_key key = key_of(number);
    roaring_bitmap_t *jobs =
        roaring_bitmap_from_range((uint64_t)number, (uint64_t)number + 20 * (uint64_t)count, 20);
    struct answer *answer = answers_keep(answers, &key, jobs);
    assert_non_null(answer);
    return answer;
}

static struct answer *find(int64_t number)
{
    struct answer_key key = key_of(number);
    return answers_find(answers, &key);
}

static void assert_is_of(const struct answer *answer, int64_t number, uint32_t count)
{
    assert_int_equal(roaring_bitmap_minimum(answer->jobs), number);
    assert_int_equal(roaring_bitmap_get_cardinality(answer->jobs), count);
}

static void what_is_kept_is_found(void **test)
{
    struct answer *found;
    (void)test;
    assert_null(find(7));
    answer_drop(keep(7, 3));
    found = find(7);
    assert_non_null(found);
    assert_is_of(found, 7, 3);
    answer_drop(found);
    assert_null(find(8));
}

static void that_there_are_none_is_an_answer(void **test)
{
    struct answer_key key = key_of(1);
    struct answer *found;
    (void)test;
    answer_drop(answers_keep(answers, &key, NULL));
    found = answers_find(answers, &key);
    assert_non_null(found);
    assert_null(found->jobs);
    answer_drop(found);
}

static void keys_differ_by_all_that_was_asked(void **test)
{
    int64_t numbers[] = {1, 2};
    struct answer_key one = answer_key_with(key_of(0), numbers, 1),
                      two = answer_key_with(key_of(0), numbers, 2),
                      other = answer_key_with(key_of(1), numbers, 2);
    (void)test;
    assert_memory_not_equal(&one, &two, sizeof(one));
    assert_memory_not_equal(&two, &other, sizeof(two));
}

/* More than there are slots: each is found as it was kept, or not at all. */
static void no_answer_is_taken_for_another(void **test)
{
    size_t found = 0;
    (void)test;
    for (int64_t i = 0; i < MANY; i++)
        answer_drop(keep(i, 1 + (uint32_t)i % 5));
    for (int64_t i = 0; i < MANY; i++) {
        struct answer *answer = find(i);
        if (answer != NULL)
            assert_is_of(answer, i, 1 + (uint32_t)i % 5);
        found += answer != NULL;
        answer_drop(answer);
    }
    assert_in_range(found, ANSWER_SLOTS / 2, ANSWER_SLOTS);
}

static void there_are_no_more_bytes_than_allowed(void **test)
{
    struct answer *held = keep(1, LARGE);
    (void)test;
    for (int64_t i = 2; i < 100; i++) {
        struct answer *found;
        answer_drop(keep(i, LARGE));
        assert_true(answers->bytes <= ANSWERS_BYTES);
        found = find(i);
        assert_non_null(found);
        answer_drop(found);
    }
    assert_null(find(1));
    assert_is_of(held, 1, LARGE);
    answer_drop(held);
}

static void one_that_is_too_large_is_not_kept(void **test)
{
    uint32_t count = ANSWERS_BYTES / 2;
    struct answer *held;
    (void)test;
    answer_drop(keep(1, 1));
    held = keep(2, count);
    assert_is_of(held, 2, count);
    assert_null(find(2));
    answer_drop(held);
    held = find(1);
    assert_non_null(held);
    answer_drop(held);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_kept_is_found),
        TEST(that_there_are_none_is_an_answer),
        TEST(keys_differ_by_all_that_was_asked),
        TEST(no_answer_is_taken_for_another),
        TEST(there_are_no_more_bytes_than_allowed),
        TEST(one_that_is_too_large_is_not_kept),
    };
    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
