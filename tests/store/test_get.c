/* Getting: a job is found by its whole id and by nothing less. */
#include "fixture.h"

static void assert_unknown(struct fixture *fixture, const struct uuid *id)
{
    struct job job;

    assert_int_equal(job_get(fixture->store, &fixture->arena, id, &job), PROBLEM_JOB_NOT_FOUND);
}

static void a_job_is_found_by_its_id(void **state)
{
    struct fixture *fixture = *state;
    struct job first = must_create_named(fixture, "first");
    struct job second = must_create_named(fixture, "second");
    struct job kept = must_get(fixture, &first.id);

    assert_same_job(&kept, &first);
    kept = must_get(fixture, &second.id);
    assert_same_job(&kept, &second);
}

static void an_empty_store_knows_no_id(void **state)
{
    struct fixture *fixture = *state;
    struct uuid zero = {{0}}, random = uuid_random(), at = uuid_at(position_at(START_MS));

    assert_unknown(fixture, &zero);
    assert_unknown(fixture, &random);
    assert_unknown(fixture, &at);
}

static void an_unknown_id_is_not_found(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");
    struct uuid before = uuid_at(job.position - 1), behind = uuid_at(job.position + 1);
    struct uuid first = uuid_at(0), last = uuid_at(INT64_MAX), random = uuid_random();

    assert_unknown(fixture, &before);
    assert_unknown(fixture, &behind);
    assert_unknown(fixture, &first);
    assert_unknown(fixture, &last);
    assert_unknown(fixture, &random);
}

static void the_random_bits_count(void **state)
{
    struct fixture *fixture = *state;
    struct job job = must_create_named(fixture, "job");
    struct uuid other = uuid_at(job.position);

    assert_unknown(fixture, &other);
    other = job.id;
    other.bytes[15] ^= 1;
    assert_unknown(fixture, &other);
    other = job.id;
    other.bytes[6] ^= 0x30; /* version 4, everything else the same */
    assert_unknown(fixture, &other);
    other = job.id;
    other.bytes[8] ^= 0x40; /* another variant */
    assert_unknown(fixture, &other);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(a_job_is_found_by_its_id),
        STORE_TEST(an_empty_store_knows_no_id),
        STORE_TEST(an_unknown_id_is_not_found),
        STORE_TEST(the_random_bits_count),
    };

    fixture_backend(argc, argv);
    return cmocka_run_group_tests_name("store get", tests, NULL, NULL);
}
